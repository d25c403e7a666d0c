"""Programs of nested savepoints: drawn at random, run on a session, and foretold by a model.

The model keeps the rows as a dictionary from name to visits, and a copy of them for each open savepoint.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, SessionTransaction

from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.writes import SHELVES, row

Step = tuple[str, int]
State = dict[str, int]

SEEDED: State = {"first": 0, "second": 0}
# The two ways of writing keep to a shelf each: a Core update passes by what the session has loaded.
STEPS = (
    "open", "open with", "release", "roll back", "add by ORM", "add by Core", "visit by ORM", "visit by Core",
    "swallow by ORM", "swallow by Core", "fail and roll back",
)  # fmt: skip

# The number says which of the open savepoints an end is for.
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=25)


class Fault(Exception):
    """What leaves a `with` block by an error, so that it rolls back."""


@dataclass
class Open:
    """An open savepoint; one of a `with` block is ended by its block."""

    savepoint: SessionTransaction
    before: State
    block: ExitStack | None = None

    def release(self) -> None:
        if self.block is None:
            self.savepoint.commit()
        else:
            self.block.close()

    def roll_back(self) -> None:
        if self.block is None:
            self.savepoint.rollback()
        else:
            self.block.__exit__(Fault, Fault(), None)


@dataclass
class Machine:
    """Runs one program, and says in `state` what its rows should be."""

    session: Session
    state: State = field(default_factory=lambda: dict(SEEDED))
    stack: list[Open] = field(default_factory=list)
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
        savepoint = block.enter_context(self.session.begin_nested())
        self.stack.append(Open(savepoint, dict(self.state), block))

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
        # A block inside another must end before it; of savepoints without a block, any may end.
        lowest = max((depth for depth, each in enumerate(self.stack) if each.block), default=0)
        return lowest + number % (len(self.stack) - lowest)

    def _roll_back_to(self, depth: int) -> None:
        self.stack[depth].roll_back()
        self.state = self.stack[depth].before
        del self.stack[depth:]

    def _leave_the_blocks(self) -> None:
        for each in reversed(self.stack):
            if each.block:
                each.release()
