"""Bodies stay in memory, where they are read whole anyway."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.request import Request


def includeme(config: Configurator) -> None:
    """Let WebOb buffer what a retry reads again in memory, as far as any body may go.

    From 10 KiB on it would write every body to a temporary file, and leave closing it to the garbage
    collector.
    """
    bytes_max = config.registry["settings"].import_bytes_max

    class InMemory(Request):  # type: ignore[misc]
        request_body_tempfile_limit = bytes_max

        def make_body_seekable(self) -> None:
            """Leave a body alone that is too large for every address: it is refused unread."""
            if (self.content_length or 0) <= bytes_max:
                super().make_body_seekable()

    config.set_request_factory(InMemory)
