"""Exactly the errors that say "do it again" are tried again, after a wait that is short and random."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest

from myapp.db.failures import is_unavailable, is_worth_retrying
from myapp.db.retry import wait_s


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_serialization_failures_and_deadlocks_are_worth_another_attempt(sqlstate: str) -> None:
    assert is_worth_retrying(psycopg.errors.lookup(sqlstate)())


@pytest.mark.parametrize("sqlstate", ["40000", "40002", "40003", "23505", "25P02", "55P03", "57014", "57P01"])
def test_no_other_sqlstate_is(sqlstate: str) -> None:
    assert not is_worth_retrying(psycopg.errors.lookup(sqlstate)())


UNAVAILABLE = ["08006", "25P03", "25P04", "40001", "53100", "53300", "55P03", "57014", "57P01", "58030"]


@pytest.mark.parametrize("sqlstate", UNAVAILABLE)
def test_a_server_that_cannot_answer_now_is_unavailable(sqlstate: str) -> None:
    assert is_unavailable(psycopg.errors.lookup(sqlstate)())


@pytest.mark.parametrize("sqlstate", ["22012", "23505", "25006", "25P02", "42501", "42P01"])
def test_a_statement_that_is_wrong_is_not(sqlstate: str) -> None:
    assert not is_unavailable(psycopg.errors.lookup(sqlstate)())


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_BUSY_SNAPSHOT,
        sqlite3.SQLITE_BUSY_RECOVERY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_LOCKED_SHAREDCACHE,
    ],
)
def test_sqlites_busy_and_locked_families_are_worth_another_attempt(code: int) -> None:
    assert is_worth_retrying(sqlite_error(code))


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
    ],
)
def test_no_other_code_of_sqlite_is(code: int) -> None:
    assert not is_worth_retrying(sqlite_error(code))


@pytest.mark.parametrize("error", [ValueError(), psycopg.OperationalError(), sqlite3.OperationalError()])
def test_an_error_without_a_code_is_not(error: Exception) -> None:
    assert not is_worth_retrying(error)


def test_the_longest_wait_doubles_with_each_attempt_up_to_a_second() -> None:
    longest = [wait_s(attempt, draw=lambda low, high: high) for attempt in range(10)]
    assert longest[:4] == [0.01, 0.02, 0.04, 0.08]
    assert max(longest) == longest[-1] == 1.0


def test_the_shortest_wait_is_none() -> None:
    assert {wait_s(attempt, draw=lambda low, high: low) for attempt in range(10)} == {0.0}
