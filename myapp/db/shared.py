"""Numbers that a process has in common with all that are forked from it, and the lock around them.

The memory is made before anybody forks, so nobody has to be told where it is, and it is gone with the last
process. While there is one process, the lock is one of threads. From the first fork on it is one of a file as
well, because the kernel takes that one back from a process that dies with it.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import tempfile
import weakref
from collections.abc import Hashable, Iterable
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)


class LockFile:
    """A file without a name, whose bytes are the locks; made when the first process forks."""

    def __init__(self) -> None:
        self.descriptor: int | None = None
        self._reserved = 0
        self._reserving = Lock()

    def reserve(self, count: int) -> int:
        """Return the first of so many bytes that are nobody else's."""
        with self._reserving:
            self._reserved += count
            return self._reserved - count

    def make(self) -> None:
        """Make the file, unless it is there."""
        if self.descriptor is None:
            self.descriptor, name = tempfile.mkstemp(prefix="myapp-")
            Path(name).unlink()

    def lock(self, byte: int) -> None:
        """Wait for a byte. Closing any other descriptor of the file would give it up, so there is none."""
        while self.descriptor is not None:
            try:
                fcntl.lockf(self.descriptor, fcntl.LOCK_EX, 1, byte)
                return
            except OSError as error:
                # The kernel knows of processes only: it sees two of them that wait for each other where a
                # thread of each waits and another is about to give back what it has.
                if error.errno != errno.EDEADLK:
                    raise
                os.sched_yield()

    def unlock(self, byte: int) -> None:
        """Give a byte back."""
        if self.descriptor is not None:
            fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1, byte)

    def try_lock(self, byte: int) -> bool:
        """Take a byte if no other process has it, and tell whether it is ours now."""
        if self.descriptor is None:
            return True
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):
            # POSIX leaves it open which of the two says that another process has it.
            return False
        return True


LOCK_FILE = LockFile()


class SharedLock:
    """Lets one thread of one process in at a time; a process that is killed lets go of it."""

    def __init__(self) -> None:
        self._threads = Lock()
        self._byte = LOCK_FILE.reserve(1)
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            LOCK_FILE.lock(self._byte)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        LOCK_FILE.unlock(self._byte)
        self._threads.release()

    def hold_threads(self) -> None:
        """Let no thread in while a process is forked: its copy of the lock would stay closed for ever."""
        self._threads.acquire()

    def release_threads(self) -> None:
        """Let threads in again."""
        self._threads.release()


class SharedNumbers(Generic[Name]):
    """A number for each name, at first 0; take `lock` around what reads and then writes."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.lock = SharedLock()
        self._places = {name: place for place, name in enumerate(dict.fromkeys(names))}
        self._numbers = memoryview(mmap.mmap(-1, 8 * len(self._places))).cast("d")

    def __getitem__(self, name: Name) -> float:
        return self._numbers[self._places[name]]

    def __setitem__(self, name: Name, number: float) -> None:
        self._numbers[self._places[name]] = number

    def __contains__(self, name: Name) -> bool:
        return name in self._places

    def copy(self) -> dict[Name, float]:
        """Return all of them, as they are at one moment."""
        with self.lock:
            return dict(zip(self._places, self._numbers.tolist(), strict=True))


_LOCKS: weakref.WeakSet[SharedLock] = weakref.WeakSet()
_held: list[SharedLock] = []


def _before_fork() -> None:
    LOCK_FILE.make()
    for lock in list(_LOCKS):
        lock.hold_threads()
        _held.append(lock)


def _after_fork() -> None:
    while _held:
        _held.pop().release_threads()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
