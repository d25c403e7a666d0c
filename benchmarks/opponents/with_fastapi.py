"""FastAPI with SQLAlchemy, as its tutorial on databases builds it: a session from a dependency with `yield`.

Its functions are plain ones, so FastAPI runs them on its threads. What stands after the `yield` runs when the
answer has been sent (since FastAPI 0.118, and before 0.106), so the function commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.opponents import database
from benchmarks.strategies.model import Account, Note

engine = create_engine(database.url(), **database.engine_options())
database.make_durable(engine)


def get_session() -> Iterator[Session]:
    """Give a session for one request."""
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


class NoteCreate(BaseModel):
    """A note as it is sent."""

    body: str


class NotePublic(BaseModel):
    """A note as it is answered."""

    id: int


class AccountPublic(BaseModel):
    """An account as it is answered."""

    id: int
    balance: int


app = FastAPI()


@app.get("/accounts/{number}", response_model=AccountPublic)
def read_account(number: int, session: SessionDep) -> Account:
    """Read one row by its primary key."""
    account = session.get(Account, number)
    if account is None:
        raise HTTPException(status_code=404, detail="Account not found")
    return account


@app.post("/notes", response_model=NotePublic, status_code=201)
def add_note(note: NoteCreate, session: SessionDep) -> Note:
    """Insert one row, and commit it before the answer."""
    added = Note(body=note.body)
    session.add(added)
    session.commit()
    session.refresh(added)
    return added
