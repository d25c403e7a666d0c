"""The look that every test is given when it ends can fail: a check that cannot proves nothing."""

from __future__ import annotations

from contextlib import closing

import pytest
from pyramid.response import Response
from sqlalchemy import text

from tests.lifecycle import witness
from tests.lifecycle.conftest import Serve, leftovers
from tests.lifecycle.site import at
from tests.lifecycle.writes import core_insert


def write(request):
    core_insert(request.dbsession)
    return Response()


def test_a_connection_that_is_checked_out_is_found(serve: Serve) -> None:
    site = serve()
    with site.engine.connect():
        assert leftovers(site) == ["1 checked out"]
    assert leftovers(site) == []


def test_a_connection_in_a_transaction_is_found_at_the_driver_and_at_the_database(serve: Serve) -> None:
    site = serve()
    with site.engine.connect() as connection:
        connection.execute(text("SELECT * FROM shelf")).all()
        assert len(leftovers(site)) == 2
        assert witness.open_transactions(site.database)
    assert leftovers(site) == []
    assert witness.open_transactions(site.database) == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_forgotten_reader_of_sqlite_is_found_too(serve: Serve) -> None:
    site = serve(at("/", write))
    assert site.ask("/") == 200
    with closing(witness.connect(site.database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM shelf").fetchall()
        assert witness.open_transactions(site.database)
    assert witness.open_transactions(site.database) == []
