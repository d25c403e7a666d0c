"""`/docs`: the page and its files come from here alone, are those listed, and let nothing else in."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from webtest import TestApp

from myapp.api.explorer import FILES, FOLDER
from tests.api.client import REQUEST_ID, refused, send
from tests.apps import close, make_app
from tests.databases import Database

PAGES = ["/docs", *(f"/docs/{name}" for name in FILES)]


class Page(HTMLParser):
    """Notes the tags of a page, what they refer to, and what is written inside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.inline = ""
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style"):
            self.inline += data.strip()


def page() -> Page:
    parsed = Page()
    parsed.feed((FOLDER / "index.html").read_text())
    return parsed


def test_the_page_refers_to_its_own_files_alone() -> None:
    refer = ("src", "href")
    given = {value for _, attributes in page().tags for name, value in attributes.items() if name in refer}
    assert given == {"data:,", "v1/openapi.json", *(f"docs/{name}" for name in FILES)}
    for own in ("index.html", "start.js"):
        assert "://" not in (FOLDER / own).read_text()


def test_the_page_has_neither_inline_scripts_nor_inline_styles() -> None:
    assert page().inline == ""
    names = {name for _, attributes in page().tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("url", PAGES)
def test_the_policy_lets_nothing_in_from_elsewhere(library: TestApp, url: str) -> None:
    answer = send(library, "GET", url)
    assert answer.status_int == 200
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["Content-Security-Policy"].split(";"))
    assert policy.pop("img-src") == "data:"
    assert policy.pop("default-src") == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert set(policy.values()) <= {"'self'", "'none'"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers[REQUEST_ID]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_served_as_it_is(library: TestApp, name: str) -> None:
    answer = send(library, "GET", f"/docs/{name}")
    assert (answer.body, answer.content_type) == ((FOLDER / name).read_bytes(), FILES[name])


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("url", PAGES)
def test_nothing_can_be_sent_there(library: TestApp, url: str, method: str) -> None:
    answer = send(library, method, url)
    refused(answer, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("url", PAGES)
def test_head_answers_like_get_without_a_body(library: TestApp, url: str) -> None:
    head, full = send(library, "HEAD", url), send(library, "GET", url)
    assert (head.status_int, head.body, head.content_type) == (200, b"", full.content_type)


@pytest.mark.parametrize(
    "name", ["__init__.py", "LICENSE", "index.html", "", "..%2Fopenapi.py", "../keys.py", "swagger-uiXcss"]
)
def test_no_other_file_is_served(library: TestApp, name: str) -> None:
    refused(send(library, "GET", f"/docs/{name}"), "not_found")


def test_no_key_is_needed_to_read_it(library: TestApp, library_database: Database) -> None:
    guarded = make_app(library_database, **{"myapp.auth": "keys"})
    answers = [send(guarded, "GET", url) for url in PAGES]
    close(guarded)
    assert {answer.status_int for answer in answers} == {200}
