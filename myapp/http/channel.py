"""A connection of waitress's that is written to and closed in order, and gives up who takes nothing."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from waitress.channel import HTTPChannel


class OrderlyChannel(HTTPChannel):  # type: ignore[misc]
    """A connection, with what one client of waitress 3.0.2 could do to the others mended.

    It lets who has served one request send the `100 Continue` of the next. Meanwhile another thread that
    looks at the connection may send the same bytes again. And where the client is gone, the connection is
    closed while that thread waits for it, which ended the whole server. Whoever writes an answer for a client
    that does not read it waits for ever, and a few such clients would have all threads wait.
    """

    _sends_nothing = False

    def send_continue(self) -> None:
        """Put the line where who looks at the connections finds it; `requests_lock` is held."""
        self._sends_nothing = True
        try:
            super().send_continue()
        finally:
            self._sends_nothing = False

    def _flush_some(self, do_close: bool = True) -> bool:  # noqa: FBT001, FBT002 - waitress's signature
        return not self._sends_nothing and bool(super()._flush_some(do_close=do_close))

    def handle_write(self) -> None:
        """Write what there is, but not between the end of a request and what follows from it."""
        with self.requests_lock:
            super().handle_write()

    def _flush_outbufs_below_high_watermark(self) -> None:
        with self.outbuf_lock:
            if self._has_too_much():
                self._flush_exception(self._flush_some, do_close=False)
            self._wait_for_the_client(time.monotonic() + self.adj.channel_timeout)

    def _wait_for_the_client(self, until_s: float) -> None:
        while self.connected and self._has_too_much():
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                self._give_up()
            else:
                # Who looks at the connections writes, and says so.
                self.server.pull_trigger()
                self.outbuf_lock.wait(left_s)

    def _give_up(self) -> None:
        # Whoever writes the answer finds that nobody is there.
        self.will_close, self.connected = True, False
        with suppress(OSError):
            # A socket that nobody reads never becomes writable, but one that hung up is told at once.
            self.socket.shutdown(socket.SHUT_RDWR)

    def _has_too_much(self) -> bool:
        return bool(self.total_outbufs_len > self.adj.outbuf_high_watermark)
