"""The suite runs a second time without `assert`: no promise may rest on what `python -O` leaves out."""

from __future__ import annotations

import os
import sys


def test_the_second_run_really_is_without_assert() -> None:
    # A worker process that did not inherit the flag would prove nothing.
    asked = os.environ.get("PYTHONOPTIMIZE", "")
    assert sys.flags.optimize == int(asked or 0)
    assert __debug__ is not bool(asked)
