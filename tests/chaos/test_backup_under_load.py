"""A backup while two servers post, restored elsewhere: green books, and a prefix of what was acknowledged."""

from __future__ import annotations

import io
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from myapp.db import Mode, throwaway
from myapp.ledger import backup, verifying
from tests.chaos.calling import Caller
from tests.chaos.crowd import OPENING, Crowd, Meeting, transfer
from tests.databases import Database, copy_sqlite, sqlite_database
from tests.lifecycle.witness import connect

# The backup begins after so many acknowledgements, and no client posts more than this.
BEFORE = 40
POSTS_MAX = 200
PATIENCE_S = 60


class Load:
    """What the clients post until the backup is done, and each once more; in the order of the answers."""

    def __init__(self, crowd: Crowd, database: Database) -> None:
        self.crowd = crowd
        self.database = database
        self.acknowledged: list[str] = []
        self.before: list[str] = []
        self.taken = io.BytesIO()
        self._busy, self._done = Event(), Event()

    def play(self, number: int, caller: Caller) -> None:
        """Let the first client take the backup, and the others post."""
        if number == 0:
            self._take()
            return
        for each in range(POSTS_MAX):
            last = self._done.is_set()
            self._post(caller, f"{self.crowd.books} {number} {each}")
            if last:
                return

    def _post(self, caller: Caller, description: str) -> None:
        body = {**transfer("1.00", OPENING, "assets:cash"), "description": description}
        answer = caller.post(self.crowd.transactions, body)
        assert answer.status == 201, answer
        self.acknowledged.append(description)
        if len(self.acknowledged) >= BEFORE:
            self._busy.set()

    def _take(self) -> None:
        try:
            assert self._busy.wait(PATIENCE_S)
            self.before = list(self.acknowledged)
            with throwaway(self.database.url, mode=Mode.READ) as session:
                backup.take(session, self.taken, schema="s", application="a", now=datetime.now(UTC))
        finally:
            self._done.set()


def test_a_backup_under_load_has_a_prefix_of_what_was_acknowledged(
    meeting: Meeting, crowd: Crowd, migrated_sqlite: Path, tmp_path: Path
) -> None:
    load = Load(crowd, meeting.database)
    crowd.together(load.play)
    copy_sqlite(migrated_sqlite, tmp_path / "elsewhere.sqlite")
    elsewhere = sqlite_database(tmp_path / "elsewhere.sqlite")
    load.taken.seek(0)
    with throwaway(elsewhere.url) as session:
        backup.restore(session, load.taken, schema="s")
    with throwaway(elsewhere.url, mode=Mode.READ) as session:
        assert verifying.verify(session, crowd.books.rpartition("/")[2]).ok
    restored = descriptions(elsewhere, crowd)
    assert set(load.before) <= restored < set(load.acknowledged)
    for posted in by_client(load.acknowledged).values():
        there = [description in restored for description in posted]
        assert there == sorted(there, reverse=True)


def descriptions(database: Database, crowd: Crowd) -> set[str]:
    with closing(connect(database)) as connection:
        rows = connection.execute("SELECT description FROM txn").fetchall()
    return {text for (text,) in rows if text.startswith(f"{crowd.books} ")}


def by_client(acknowledged: list[str]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for description in acknowledged:
        found[description.split()[1]].append(description)
    return found
