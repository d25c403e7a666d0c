"""What a savepoint undoes is exactly what came after it, and all of it dies with the outer abort."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyramid.response import Response

from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.conftest import Serve, leftovers
from tests.lifecycle.savepoint_programs import SEEDED, Machine, State, Step, steps
from tests.lifecycle.site import Site, at

PROGRAMS = settings(
    max_examples=500,
    deadline=None,
    database=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

endings = st.sampled_from(["commit", "answer 409", "raise"])


class Shop:
    """A site whose one view runs the program it was given, and then ends as it was told."""

    def __init__(self, serve: Serve) -> None:
        self.site: Site = serve(at("/", self._view), sqlalchemy__pool_size="1")

    def run(self, program: list[Step], ending: str) -> tuple[object, State]:
        """Return what the client was told, and the rows that the model foretells."""
        self.program, self.ending, self.foretold = program, ending, dict(SEEDED)
        return self.site.ask("/"), self.foretold

    def _view(self, request: Any) -> Response:
        foretold = Machine(request.dbsession).run(self.program)
        if self.ending == "raise":
            raise ZeroDivisionError
        if self.ending == "commit":
            self.foretold = foretold
            return Response()
        return Response(status=409)


@pytest.fixture
def shop(serve: Serve) -> Shop:
    return Shop(serve)


OUTER_ENDS_INNER = [("open", 0), ("add by ORM", 0), ("open", 0), ("add by Core", 0), ("roll back", 0)]
FIRST_A_SAVEPOINT = [("open with", 0), ("add by Core", 0), ("release", 0)]
UNDONE_TWICE = [("open", 0), ("visit by ORM", 0), ("fail and roll back", 0), ("visit by ORM", 0)]


@PROGRAMS
@given(program=steps, ending=endings)
@example(program=OUTER_ENDS_INNER, ending="commit")
@example(program=FIRST_A_SAVEPOINT, ending="raise")
@example(program=FIRST_A_SAVEPOINT, ending="answer 409")
@example(program=UNDONE_TWICE, ending="commit")
def test_the_rows_are_what_the_model_foretold(shop: Shop, program: list[Step], ending: str) -> None:
    told, foretold = shop.run(program, ending)
    kept = shelves(shop.site.database)
    clean(shop.site.database)
    assert (told == 200) is (ending == "commit"), told
    assert kept == foretold
    assert leftovers(shop.site) == []


def shelves(database: Database) -> State:
    return {name: visits for table, _, name, visits in witness.rows(database) if table == "shelf"}


def clean(database: Database) -> None:
    with closing(witness.connect(database)) as connection:
        connection.execute("DELETE FROM shelf WHERE id > 2")
        connection.execute("UPDATE shelf SET visits = 0")
