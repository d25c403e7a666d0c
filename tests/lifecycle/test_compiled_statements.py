"""A statement that is made once is found by its identity; any other as SQLAlchemy finds it."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response
from sqlalchemy import bindparam, select

from myapp.db.compiled import _KEPT_MAX, CompiledStatements
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at


class Counting(dict[Any, Any]):
    """A cache that counts how often it is asked."""

    asked = 0

    def get(self, key: Any, default: Any = None) -> Any:
        self.asked += 1
        return super().get(key, default)


def key(dialect: object, description: tuple[Any, ...], *names: str) -> tuple[Any, ...]:
    return (dialect, description, names, False, False)


def described(*parts: str) -> tuple[Any, ...]:
    """Return an equal description each time, and another object."""
    return parts


def test_what_was_found_once_is_found_without_asking_again() -> None:
    cache = Counting()
    compiled, dialect, static = CompiledStatements(cache), object(), described("select", "name")
    assert compiled.get(key(dialect, static)) is None
    compiled[key(dialect, static)] = "SQL"
    assert [compiled.get(key(dialect, static)) for _ in range(3)] == ["SQL"] * 3
    assert cache.asked == 2


def test_an_equal_description_made_anew_is_found_as_ever() -> None:
    compiled, dialect = CompiledStatements({}), object()
    compiled[key(dialect, described("select", "name"))] = "SQL"
    assert compiled.get(key(dialect, described("select", "name"))) == "SQL"


def test_neither_another_dialect_nor_other_parameters_are_taken_for_the_same() -> None:
    cache, static = {}, described("select", "name")
    compiled, one, another = CompiledStatements(cache), object(), object()
    cache |= {key(one, static): "one", key(another, static): "another", key(one, static, "limit"): "limited"}
    for _ in range(2):
        assert compiled.get(key(one, static)) == "one"
        assert compiled.get(key(another, static)) == "another"
        assert compiled.get(key(one, static, "limit")) == "limited"
        assert compiled.get(key(one, static, "offset")) is None


def test_statements_made_for_one_request_do_not_pile_up() -> None:
    dialect = object()
    descriptions = [described("select", str(number)) for number in range(2 * _KEPT_MAX)]
    compiled = CompiledStatements({key(dialect, each): each for each in descriptions})
    assert [compiled.get(key(dialect, each)) for each in descriptions] == descriptions
    assert len(compiled._known) <= _KEPT_MAX


def test_a_session_is_answered_rightly_by_statements_of_both_kinds(serve: Serve) -> None:
    static = select(Shelf.__table__.c.name).where(Shelf.__table__.c.id == bindparam("id"))

    def view(request: Any) -> Response:
        names = [request.dbsession.execute(static, {"id": number}).scalar_one() for number in (1, 2, 1)]
        names += [request.dbsession.scalar(select(Shelf.name).where(Shelf.id == number)) for number in (2, 1)]
        return Response(" ".join(names))

    site = serve(at("/", view))
    assert len({site.client().get("/").text for _ in range(3)}) == 1
    first, second, *rest = site.client().get("/").text.split()
    assert rest == [first, second, first]
    assert first != second
