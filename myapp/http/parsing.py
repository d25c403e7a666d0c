"""What waitress reads off the wire, more strictly: whatever leaves a body's end in doubt can be seen."""

from __future__ import annotations

import logging
from contextlib import suppress

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

log = logging.getLogger(__name__)


class NoRoom(Error):  # type: ignore[misc]
    """A long body is kept in a file, for which there is no room."""

    code = 503
    reason = "Service Unavailable"


class KeptHeaders(dict[str, str]):
    """Headers of which waitress takes none away: of how a body was coded it would leave no trace."""

    def pop(self, name: str, default: str = "") -> str:  # type: ignore[override]
        """Return a header and keep it."""
        return self.get(name, default)


class StrictParser(HTTPRequestParser):  # type: ignore[misc]
    """Lets the application see that a body's end is in doubt, which waitress hides from it."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.headers = KeptHeaders()

    def received(self, data: bytes) -> int:
        """Read on in the request, and return how many of the bytes are its own."""
        try:
            return int(super().received(data))
        except OSError as error:
            log.error("A body cannot be kept until all of it has come: %s", error)
            self.error, self.completed = NoRoom(str(error)), True
            return len(data)

    def close(self) -> None:
        """Let go of the body."""
        # Of what could not be written there may be a rest, which closing the file would write.
        with suppress(OSError):
            super().close()

    def parse_header(self, header_plus: bytes) -> None:
        """Read the request's line and headers.

        Raises:
            ParsingError, TransferEncodingNotImplemented: it cannot be read; waitress answers.
        """
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # Of the standard library, which reads the address and the length. waitress would only hang up.
            raise ParsingError("Its address or its length cannot be read") from error
        if "TRANSFER_ENCODING" not in self.headers:
            return
        if self._is_chunked_and_no_more():
            del self.headers["TRANSFER_ENCODING"]
        else:
            # Where the next request begins depends on who reads, so this is the last one.
            self.headers["CONNECTION"] = "close"

    def _is_chunked_and_no_more(self) -> bool:
        # HTTP/1.0 knows no chunks. A coding that is said twice is one to some and two to others.
        once = self.headers["TRANSFER_ENCODING"].lower() == "chunked"
        return bool(self.chunked and once and "CONTENT_LENGTH" not in self.headers)
