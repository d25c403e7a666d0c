"""The README's commands, run as they stand against a served application."""

from __future__ import annotations

from pathlib import Path

from tests.consoles import console_of, steps
from tests.serving import ROOT

README = ROOT / "README.md"


def test_the_readmes_commands_answer_as_the_readme_says(tmp_path: Path) -> None:
    assert len(steps(README)) == 3
    with console_of(tmp_path) as console:
        for step, printed in console.follow(README):
            assert printed == step.shown, step.command
