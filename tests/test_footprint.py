"""Threads share one pool of the C library's memory."""

from __future__ import annotations

import platform
import re
import subprocess
import sys

import pytest

from tests.databases import Database

# The C library tells of its pools in words like `<heap nr="0">`.
_PROGRAM = """
import ctypes, sys, threading
{first}
library = ctypes.CDLL(None)
library.malloc.restype, library.fdopen.restype = ctypes.c_void_p, ctypes.c_void_p
meeting = threading.Barrier(8)
def take():
    meeting.wait()
    library.malloc(100_000)
    meeting.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.malloc_info(0, ctypes.c_void_p(library.fdopen(sys.stdout.fileno(), b"w")))
library.fflush(None)
"""
_ONE = "from myapp.footprint import keep_one_arena\nkeep_one_arena()"


def _arenas(first: str) -> int:
    program = [sys.executable, "-c", _PROGRAM.format(first=first)]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    return len(re.findall("<heap nr=", told))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library has such pools")
def test_eight_threads_have_one_arena() -> None:
    assert (_arenas(_ONE), _arenas("") > 2) == (1, True)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_service_leaves_the_migrations_alone(database: Database) -> None:
    program = f"""
import sys
from myapp import main
main({{}}, **{{"myapp.auth": "none", "sqlalchemy.url": "{database.url}"}})
print(*{{"alembic"}} & sys.modules.keys())
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
