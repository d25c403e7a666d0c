"""The progress of an import comes from the import itself, and whoever watches can stop it."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

import pytest
from webtest import TestApp

from myapp.db import throwaway
from myapp.interchange.collector import collector_paused
from myapp.interchange.importing import CHUNK, ImportOptions, Progress, import_journal, read_journal
from myapp.interchange.journal import Journal
from myapp.interchange.readers import READERS
from tests.databases import Database
from tests.interchange.imports import LEDGER, assert_empty, document, listed, record


@pytest.fixture(scope="module")
def journal() -> Journal:
    return read_journal(READERS["hledger-json"], document(*[record()] * (CHUNK + 2), record(0)))


def import_watched(
    database: Database, journal: Journal, on_progress: Progress, *, dry_run: bool = False
) -> None:
    options = ImportOptions(dry_run=dry_run)
    now = datetime.now(UTC)
    with throwaway(database.url) as session:
        import_journal(session, LEDGER, journal, options, now=now, actor="test", on_progress=on_progress)


@pytest.mark.parametrize("dry_run", [True, False])
def test_progress_counts_the_transactions_that_are_written(
    app: TestApp, database: Database, journal: Journal, *, dry_run: bool
) -> None:
    told: list[int] = []
    import_watched(database, journal, told.append, dry_run=dry_run)
    assert told == [CHUNK, CHUNK + 2]
    assert len(listed(app, "transactions")) == (0 if dry_run else CHUNK + 2)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_import_that_is_interrupted_keeps_nothing(
    app: TestApp, database: Database, journal: Journal, error: type[BaseException]
) -> None:
    def interrupt(written: int) -> None:
        raise error

    enabled = gc.isenabled()
    with pytest.raises(error):
        import_watched(database, journal, interrupt)
    assert_empty(app)
    assert gc.isenabled() == enabled


def test_the_collector_pauses_until_the_last_journal_is_done() -> None:
    before = gc.isenabled()
    gc.enable()
    try:
        with collector_paused():
            with pytest.raises(ValueError), collector_paused():
                raise ValueError
            inside = gc.isenabled()
        assert (inside, gc.isenabled()) == (False, True)
        gc.disable()
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        if before:
            gc.enable()
        else:
            gc.disable()
