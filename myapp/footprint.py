"""What memory a process takes that serves, and what of it forked processes go on sharing."""

from __future__ import annotations

import ctypes
import gc

# <malloc.h> of the GNU C library; mallopt(3).
_M_ARENA_MAX = -8
_ARENAS = 1
# A batch makes thousands of objects and no cycles; looking through them again and again took 5 % of its time.
_YOUNG_OBJECTS = 10_000


def settle() -> None:
    """Call it once all is imported and made, before any thread or process is started."""
    keep_one_arena()
    # What is there now stays to the end. Out of the collector's sight, its memory remains common to all
    # processes, no request waits while it is looked through, and no process takes seconds to end by doing it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


def keep_one_arena() -> None:
    """Let all threads take their memory from one pool, where this C library has pools.

    The GNU C library makes one for each thread, up to eight a core. What a thread gave back stays in its
    own, where no other finds it: a process with a dozen threads held 40 MiB like that. They hardly ever meet
    in the one pool, because nearly all that they take is taken under Python's own lock.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
