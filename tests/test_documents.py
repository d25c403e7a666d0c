"""The documents name what there is: settings with their defaults, and each other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from myapp.db.settings import DbSettings
from myapp.settings import Settings
from tests.serving import ROOT

OPERATIONS = ROOT / "docs" / "operations.md"
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def settings() -> dict[str, str]:
    """Return every setting of ours with its default, as an ini file would say it."""
    ours = {f"myapp.{each.name}": each.default for each in fields(Settings)}
    of_the_session = {f"db.{each.name}": each.default for each in fields(DbSettings)}
    # The engine's options are SQLAlchemy's, and go by `sqlalchemy.`.
    del of_the_session["db.engine_options"]
    return {name: spelt(value) for name, value in {**ours, **of_the_session}.items()}


def spelt(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def described() -> dict[str, str]:
    """Return the settings in the tables of docs/operations.md, with the defaults that stand there."""
    rows = re.findall(r"^\| `((?:myapp|db)\.\w+)` \| (.*?) \| .+ \|$", OPERATIONS.read_text(), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a setting stands there twice"
    return {name: default.strip("`") for name, default in rows}


def test_every_setting_is_described_with_its_default_and_no_other() -> None:
    assert described() == settings()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached:
            continue
        reached.add(document)
        links = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", document.read_text())
        waiting += [(document.parent / link).resolve() for link in links]
    assert set(DOCUMENTS) - reached - {ROOT / "CHANGELOG.md"} == set()
