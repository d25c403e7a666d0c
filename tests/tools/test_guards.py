"""The table of guards stays true: each stands where it says, each test is there, no invariant is without."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tools.guards.guard import Guard
from tools.guards.table import GUARDS

ROOT = Path(__file__).resolve().parents[2]
# `make chaos` shows I15, and I22's tests fail when a library changes: neither has words of ours to break.
WITHOUT_WORDS = {"I15", "I22"}
NAMES = [f"{guard.invariant} {guard.promise}" for guard in GUARDS]


@pytest.mark.parametrize("guard", GUARDS, ids=NAMES)
def test_each_guard_stands_once_where_the_table_says(guard: Guard) -> None:
    assert guard.is_in_place(ROOT)
    assert guard.kept != guard.broken


@pytest.mark.parametrize("guard", GUARDS, ids=NAMES)
def test_each_test_that_must_notice_is_there(guard: Guard) -> None:
    for test in guard.tests:
        file, _, name = test.partition("::")
        assert f"def {name}" in (ROOT / file).read_text()


def test_every_invariant_has_a_guard() -> None:
    assert {guard.invariant for guard in GUARDS} | WITHOUT_WORDS == {f"I{number}" for number in range(1, 25)}


def test_breaking_a_guard_changes_the_copy_alone(tmp_path: Path) -> None:
    guard = GUARDS[0]
    (tmp_path / guard.file).parent.mkdir(parents=True)
    shutil.copyfile(ROOT / guard.file, tmp_path / guard.file)
    guard.break_in(tmp_path)
    assert (tmp_path / guard.file).read_text() != (ROOT / guard.file).read_text()
    assert guard.is_in_place(ROOT)


def test_the_page_names_every_invariant() -> None:
    page = (ROOT / "docs" / "session.md").read_text()
    assert set(re.findall(r"^\| (I\d+) \|", page, re.MULTILINE)) == {f"I{number}" for number in range(1, 25)}
