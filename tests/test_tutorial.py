"""The tutorial's commands, run as they stand against a served application."""

from __future__ import annotations

from pathlib import Path

from tests.consoles import console_of, shell_steps, steps
from tests.serving import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"


def test_the_tutorials_commands_answer_as_the_tutorial_says(tmp_path: Path) -> None:
    assert len(steps(TUTORIAL)) > 20
    with console_of(tmp_path) as console:
        for step, printed in console.follow(TUTORIAL):
            assert printed == step.shown, step.command


def test_the_tutorials_lines_for_pythons_shell_do_what_the_tutorial_says(tmp_path: Path) -> None:
    first, typed = steps(TUTORIAL)[2], shell_steps(TUTORIAL)
    with console_of(tmp_path) as console:
        assert '"name": "shop"' in first.command
        console.run(first.command)
        assert console.typed([step.command for step in typed]) == [step.shown for step in typed]
