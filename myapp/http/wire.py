"""waitress's server with connections of ours: its own refusals are problem documents, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask

from myapp.db.shares import Shares
from myapp.http.accepting import accept_evenly
from myapp.http.channel import OrderlyChannel
from myapp.http.dispatch import LeaderDispatcher
from myapp.http.errors import BodyTooLarge, InternalError, Unavailable
from myapp.http.observe import HEADER
from myapp.http.parsing import NoRoom, StrictParser
from myapp.http.problems import MEDIA_TYPE, headers_of, problem
from myapp.ledger.errors import InvalidParameter, LedgerError
from myapp.ledger.ids import new_id

_BEAT_S = 1.0
# A pulse is in the loop's map as if it were a socket.
_NO_SOCKET = -1
_UNREADABLE = "This is no HTTP request that can be read here"


class RereadableTask(WSGITask):  # type: ignore[misc]
    """Lets the application know that it may read a body again; otherwise WebOb copies it first."""

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environment. waitress has the whole body in memory or in a file by then."""
        environ: dict[str, Any] = super().get_environment()
        environ["webob.is_body_seekable"] = True
        return environ


class ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what never reaches the application: not HTTP at all, or larger than the server takes."""

    def execute(self) -> None:
        """Write the problem document and close the connection."""
        request_id, error = str(new_id()), _error(self.request.error)
        document = problem(error, request_id)
        body = msgspec.json.encode(document)
        self.status = f"{document['status']} {document['title']}"
        headers = {"Content-Type": MEDIA_TYPE, HEADER: request_id, **headers_of(error)}
        self.response_headers.extend(headers.items())
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _error(error: Any) -> LedgerError:
    if error.code == 413:
        return BodyTooLarge("The body is larger than the server takes.")
    if error.code == NoRoom.code:
        return Unavailable("There is no room for a body of this size now; nothing was changed. Try again.")
    if error.code == 500:
        return InternalError("The service failed; nothing was changed.")
    if error.code == 431:
        return InvalidParameter("The address and the headers are larger than the server takes.")
    return InvalidParameter(f"{_UNREADABLE}: {error.body}.")


class StrictChannel(OrderlyChannel):
    """A connection that reads and refuses as above."""

    parser_class = StrictParser
    task_class = RereadableTask
    error_task_class = ProblemTask


class Pulse:
    """Something in waitress's loop that never has anything to read, but is asked at every turn.

    A turn lasts a second at the most.
    """

    accepting = False

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat
        self._next_s = time.monotonic()

    def readable(self) -> bool:
        """Beat once a second."""
        if (now_s := time.monotonic()) >= self._next_s:
            self._next_s = now_s + _BEAT_S
            self._beat()
        return False

    def writable(self) -> bool:
        """Say that there is nothing to write."""
        return False


def address_of(host: str, port: object) -> str:
    """Return where a server listens, as an address of the web has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def make_server(
    app: Any,
    settings: Mapping[str, Any],
    beat: Callable[[], None] | None = None,
    connections: Shares | None = None,
) -> Any:
    """Return waitress's server with strict connections, on every address that it listens on.

    `settings` are waitress's, which uses `poll()` unless they say otherwise: `select()` fails at a descriptor
    beyond 1,023, and at one that was just closed, and with it the server.

    `beat` is called by its loop, at once and then about every second.
    `connections` is common to all processes that accept connections on the same sockets.
    """
    sockets: dict[int, Any] = {}
    dispatcher = LeaderDispatcher(int(settings.get("threads", Adjustments.threads)))
    settings = {"asyncore_use_poll": True, **settings}
    server = create_server(app, map=sockets, _dispatcher=dispatcher, **settings)
    listeners = [each for each in sockets.values() if isinstance(each, BaseWSGIServer)]
    for listener in listeners:
        listener.channel_class = StrictChannel
    dispatcher.lead(server, listeners)
    if connections is not None:
        accept_evenly(listeners, connections)
    if beat is not None:
        sockets[_NO_SOCKET] = Pulse(beat)
    return server
