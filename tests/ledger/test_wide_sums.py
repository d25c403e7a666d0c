"""Limits are compared exactly, although what is compared may not fit into 64 bits on the way."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, cast, create_engine, literal, select

from myapp.ledger.money import MINOR_MAX
from myapp.ledger.types import Int64
from myapp.ledger.wide_sums import within_64_bits
from tests.databases import Database

EDGES = (-MINOR_MAX, -(2**32), -1, 0, 1, 2**32 - 1, 2**53 + 1, MINOR_MAX - 1, MINOR_MAX)


@pytest.fixture
def connection(empty_database: Database) -> Iterator[Connection]:
    engine = create_engine(empty_database.url)
    with engine.connect() as made:
        yield made
    engine.dispose()


def computed(connection: Connection, added: list[int], taken: list[int]) -> int:
    some, others = ([cast(literal(each), Int64) for each in side] for side in (added, taken))
    return int(connection.scalars(select(within_64_bits(some, others))).one())


def expected(added: list[int], taken: list[int]) -> int:
    return max(-MINOR_MAX, min(MINOR_MAX, sum(added) - sum(taken)))


def test_sums_at_the_edges_are_exact(connection: Connection) -> None:
    for limit, credits_, held, debits in itertools.product(EDGES, EDGES[3:], EDGES[3:], EDGES[3:]):
        added, taken = [limit, credits_, held], [debits]
        # The one number that 64 bits have on one side only is no limit, and no sum of a balance.
        if sum(added) - sum(taken) != -MINOR_MAX - 1:
            assert computed(connection, added, taken) == expected(added, taken), (added, taken)


def test_random_sums_are_exact(connection: Connection) -> None:
    for _ in range(500):
        added, taken = (
            [random.randint(-MINOR_MAX, MINOR_MAX) >> random.randrange(63) for _ in range(count)]
            for count in (2, 2)
        )
        assert computed(connection, added, taken) == expected(added, taken), (added, taken)
