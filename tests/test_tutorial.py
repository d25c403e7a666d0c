"""The tutorial's commands, run as they stand against a served application."""

from __future__ import annotations

from pathlib import Path

from tests.consoles import console_of, shell_steps, steps
from tests.serving import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"


def test_the_tutorials_commands_answer_as_the_tutorial_says(tmp_path: Path) -> None:
    assert len(steps(TUTORIAL)) > 20
    typed = shell_steps(TUTORIAL)
    # Python's shell comes last, on the books that the commands before it have made.
    with console_of(tmp_path) as console:
        for step, printed in console.follow(TUTORIAL):
            assert printed == step.shown, step.command
        assert console.typed([step.command for step in typed]) == [step.shown for step in typed]
