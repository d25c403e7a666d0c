"""Control SQL is found where a text is hard to read, and what lasts is noticed however it is spelled."""

from __future__ import annotations

import pytest

from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at
from tests.lifecycle.test_lasting_sql import (
    LOCKS,
    POSTGRESQL,
    SQLITE,
    TABLES,
    looking,
    sending,
    swallowing,
    told,
)

TRIGGER = "CREATE TRIGGER a BEFORE UPDATE ON shelf {}EXECUTE FUNCTION suppress_redundant_updates_trigger()"
BEHIND = "; COMMIT; BEGIN"
HIDDEN = {
    "a comment within a comment": f"SELECT 1 /* /* */ ' */{BEHIND}; SELECT 'x'",
    "a name that ends like a quote": f"SELECT 1 AS a$${BEHIND}; SELECT 1 AS b$$",
    "a comment that a carriage return ends": f"SELECT 1 -- x\r{BEHIND}",
    "behind a trigger": TRIGGER.format("") + BEHIND,
    "behind a trigger for each row": TRIGGER.format("FOR EACH ROW ") + BEHIND,
}
TEMPORARY = [
    "CREATE TEMP TRIGGER x AFTER DELETE ON shelf BEGIN SELECT 1; END",
    "CREATE TABLE temp.x (a INTEGER)",
    "CREATE TABLE [temp].x (a INTEGER)",
    "CREATE TABLE `temp` . x (a INTEGER)",
    "CREATE TABLE 'temp'.x (a INTEGER)",
    "CREATE TRIGGER temp.x AFTER DELETE ON shelf BEGIN SELECT 1; END",
    "CREATE TRIGGER [temp].x AFTER DELETE ON shelf BEGIN SELECT 1; END",
    "CREATE VIEW [temp].x AS SELECT 1",
    "CREATE TEMP VIEW x AS SELECT 1",
]
LASTING = {
    "SELECT 1 AS a INTO TEMP scratch": (TABLES, 0),
    "CREATE TABLE pg_temp.scratch (a int)": (TABLES, 0),
    "SELECT \"set_config\"('work_mem', '5MB', false)": ("SELECT current_setting('work_mem') = '5MB'", False),
    'SELECT "pg_advisory_lock"(42)': (LOCKS, 0),
    r"""SELECT U&"set\005fconfig"('work_mem', '5MB', false)""": (
        "SELECT current_setting('work_mem') = '5MB'",
        False,
    ),
    r'CREATE TABLE U&"pg\005ftemp".scratch (a int)': (TABLES, 0),
}


@POSTGRESQL
@pytest.mark.parametrize("statement", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_commit_is_refused(serve: Serve, statement: str) -> None:
    site = serve(at("/", swallowing(statement)))
    before = site.rows()
    assert site.ask("/") == 400
    assert site.rows() == before


@SQLITE
@pytest.mark.parametrize("statement", TEMPORARY)
def test_what_is_temporary_does_not_reach_the_next_request(serve: Serve, statement: str) -> None:
    site = serve(at("/", sending(statement)), sqlalchemy__pool_size="1")
    assert [site.ask("/"), site.ask("/")] == [200, 200]


@POSTGRESQL
@pytest.mark.parametrize(
    ("statement", "question", "answer"), [(key, *value) for key, value in LASTING.items()]
)
def test_what_lasts_does_not_reach_the_next_request(serve: Serve, statement, question, answer) -> None:
    site = serve(at("/do", sending(statement)), at("/look", looking(question)), sqlalchemy__pool_size="1")
    assert [site.ask("/do"), site.ask("/look", "GET")] == [200, 200]
    assert told(site) == [answer]


@POSTGRESQL
def test_what_is_random_is_another_for_each_request(serve: Serve) -> None:
    site = serve(
        at("/do", sending("SELECT setseed(0.5)")),
        at("/look", looking("SELECT random()")),
        sqlalchemy__pool_size="1",
    )
    for _ in range(2):
        assert [site.ask("/do", "GET"), site.ask("/look", "GET")] == [200, 200]
    one, other = told(site)
    assert one != other
