"""Three years of one person's books, for demonstrations: what `bean-example` writes, the same every day."""

import subprocess
import sys
from datetime import date

from myapp.interchange.beancount import need_beancount

FIRST_DAY = date(2023, 1, 1)
LAST_DAY = date(2025, 12, 31)
BIRTHDAY = date(1985, 6, 15)


def demo_journal(seed: int = 1) -> bytes:
    """Return a beancount journal, the same bytes for the same seed.

    The generator draws from Python's global random numbers, which other threads use too: hence a process.

    Raises:
        JournalError: when beancount is not installed.
    """
    need_beancount()
    command = [
        *(sys.executable, "-P", "-c", "from beancount.scripts.example import main; main()"),
        *("--seed", str(seed)),
        *("--date-begin", FIRST_DAY.isoformat()),
        *("--date-end", LAST_DAY.isoformat()),
        *("--date-birth", BIRTHDAY.isoformat()),
    ]
    # Nothing in the command comes from outside but an integer.
    return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
