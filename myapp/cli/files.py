"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def in_place(target: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Write beside the target and rename at the end, so that half a file never has its name.

    `mode` is that of the new file, less the user's umask; a file that is there already hands on its own.
    """
    kept = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    mode = mode if kept is None else kept
    part = target.with_name(f".{os.fsdecode(os.fsencode(target.name)[:200])}.{os.getpid()}.part")
    try:
        with open(part, "xb", opener=lambda path, flags: os.open(path, flags, mode)) as file:
            if kept is not None:
                os.fchmod(file.fileno(), kept)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        if error.filename == os.fspath(part):
            # Nobody asked for that name.
            error.filename = os.fspath(target)
        raise
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # A new name is lost in a power cut until its folder is on the disk, too.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
