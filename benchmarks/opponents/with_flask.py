"""Flask-SQLAlchemy, as its quick start builds an application: `db.session`, committed by the view.

The extension removes the session when the request's application context ends, and commits nothing by itself.
"""

from __future__ import annotations

from flask import Flask, Response, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from benchmarks.opponents import database


class Base(DeclarativeBase):
    """The base that the quick start hands to the extension."""


db = SQLAlchemy(model_class=Base)


class Account(db.Model):  # type: ignore[misc,name-defined]
    """The table of the strategies' model, by the same name."""

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


class Note(db.Model):  # type: ignore[misc,name-defined]
    """The same."""

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(unique=True)


def read_account(number: int) -> Response:
    """Read one row by its primary key."""
    account = db.get_or_404(Account, number)
    return jsonify(id=account.id, balance=account.balance)


def add_note() -> tuple[Response, int]:
    """Insert one row, and commit it before the answer."""
    note = Note(body=request.json["body"])
    db.session.add(note)
    db.session.commit()
    return jsonify(id=note.id), 201


def create_app() -> Flask:
    """Make the application: the factory that gunicorn calls."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = database.url()
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = database.engine_options()
    db.init_app(app)
    with app.app_context():
        database.make_durable(db.engine)
    app.get("/accounts/<int:number>")(read_account)
    app.post("/notes")(add_note)
    return app
