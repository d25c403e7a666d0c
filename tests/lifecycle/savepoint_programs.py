"""Programs of nested savepoints: drawn at random, run on a session, and foretold by a model.

The model keeps the rows as a dictionary from name to visits, and a copy of them for each open savepoint.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import ClassVar

from hypothesis import strategies as st
from sqlalchemy import NestedTransaction, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, SessionTransaction

from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.writes import SHELVES, row

Step = tuple[str, int]
State = dict[str, int]

SEEDED: State = {"first": 0, "second": 0}
# The two ways of writing keep to a shelf each: a Core update passes by what the session has loaded.
STEPS = (
    "open", "open with", "open on the connection", "release", "roll back", "add by ORM", "add by Core",
    "visit by ORM", "visit by Core", "swallow by ORM", "swallow by Core", "fail and roll back",
)  # fmt: skip

# The number says which of the open savepoints an end is for.
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=25)


class Fault(Exception):
    """What leaves a `with` block by an error, so that it rolls back."""


@dataclass
class Open:
    """An open savepoint that may be ended at any time, with those inside it."""

    savepoint: SessionTransaction
    before: State
    # Whether what it is inside of must wait for its end.
    holds: ClassVar[bool] = False

    def release(self) -> None:
        self.savepoint.commit()

    def roll_back(self) -> None:
        self.savepoint.rollback()


@dataclass
class OpenBlock:
    """A savepoint of a `with` block, ended by its block."""

    block: ExitStack
    before: State
    holds: ClassVar[bool] = True

    def release(self) -> None:
        self.block.close()

    def roll_back(self) -> None:
        self.block.__exit__(Fault, Fault(), None)


@dataclass
class OpenOnConnection:
    """A savepoint of the connection's own, of which the session's objects know nothing."""

    session: Session
    savepoint: NestedTransaction
    before: State
    holds: ClassVar[bool] = True

    def release(self) -> None:
        self.session.flush()
        self.savepoint.commit()

    def roll_back(self) -> None:
        self.session.expunge_all()
        self.savepoint.rollback()


@dataclass
class Machine:
    """Runs one program, and says in `state` what its rows should be."""

    session: Session
    state: State = field(default_factory=lambda: dict(SEEDED))
    stack: list[Open | OpenBlock | OpenOnConnection] = field(default_factory=list)
    names: int = 0

    def run(self, program: list[Step]) -> State:
        for step, number in program:
            getattr(self, step.replace(" ", "_"))(number)
        self._leave_the_blocks()
        return self.state

    def open(self, number: int) -> None:
        self.stack.append(Open(self.session.begin_nested(), dict(self.state)))

    def open_with(self, number: int) -> None:
        block = ExitStack()
        block.enter_context(self.session.begin_nested())
        self.stack.append(OpenBlock(block, dict(self.state)))

    def open_on_the_connection(self, number: int) -> None:
        self.session.flush()
        savepoint = self.session.connection().begin_nested()
        self.stack.append(OpenOnConnection(self.session, savepoint, dict(self.state)))

    def release(self, number: int) -> None:
        if self.stack:
            depth = self._endable(number)
            self.stack[depth].release()
            del self.stack[depth:]

    def roll_back(self, number: int) -> None:
        if self.stack:
            self._roll_back_to(self._endable(number))

    def add_by_ORM(self, number: int) -> None:
        self.session.add(Shelf(name=self._new_name()))

    def add_by_Core(self, number: int) -> None:
        self.session.execute(insert(SHELVES).values(row(self._new_name())))

    def visit_by_ORM(self, number: int) -> None:
        self.session.get_one(Shelf, 1).visits += 1
        self.state["first"] += 1

    def visit_by_Core(self, number: int) -> None:
        visited = SHELVES.c.visits + 1
        self.session.execute(update(SHELVES).where(SHELVES.c.id == 2).values(visits=visited))
        self.state["second"] += 1

    def swallow_by_ORM(self, number: int) -> None:
        with suppress(IntegrityError), self.session.begin_nested():
            self.session.add(Shelf(name="swallowed"))
            self.session.add(Shelf(name="first"))

    def swallow_by_Core(self, number: int) -> None:
        with suppress(IntegrityError), self.session.begin_nested():
            self.session.execute(insert(SHELVES).values(row("swallowed")))
            self.session.execute(insert(SHELVES).values(row("first")))

    def fail_and_roll_back(self, number: int) -> None:
        if self.stack:
            with suppress(IntegrityError):
                self.session.execute(insert(SHELVES).values(row("first")))
            self._roll_back_to(len(self.stack) - 1)

    def _new_name(self) -> str:
        self.names += 1
        name = f"shelf {self.names}"
        self.state[name] = 0
        return name

    def _endable(self, number: int) -> int:
        # What holds must end before what it is inside of; of the others any may end.
        lowest = max((depth for depth, each in enumerate(self.stack) if each.holds), default=0)
        return lowest + number % (len(self.stack) - lowest)

    def _roll_back_to(self, depth: int) -> None:
        self.stack[depth].roll_back()
        self.state = self.stack[depth].before
        del self.stack[depth:]

    def _leave_the_blocks(self) -> None:
        for each in reversed(self.stack):
            if each.holds:
                each.release()
