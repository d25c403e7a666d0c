"""A response body that owns its read-only connection: for exports larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid_retry import is_error_retryable
from sqlalchemy import Connection, Executable, Result

from myapp.db.dialects import read_only
from myapp.db.mode import mode_for
from myapp.db.owner import Mode
from myapp.db.truth import answer_for

# Rows fetched, and pieces sent, at a time: memory is bounded by it, whatever the export's size.
CHUNK_ROWS = 500
# Pieces may be long; what waits to be sent is not much longer than this.
CHUNK_BYTES = 64 * 1024

# Ask the stream's connection, in its one snapshot; the rows come as they are read, never all at once.
Rows = Callable[[Executable], Iterator[Any]]


def stream(request: Any, statement: Executable, encode: Callable[[Any], bytes], **headers: str) -> Response:
    """Return a response whose body is `encode(row)` for each row of the statement, in one snapshot.

    The request's own session has ended by the time the body is sent, so the body begins a transaction of its
    own, read-only in the database. It ends when the last chunk is sent or the client goes away. The first two
    chunks are made before anything is sent, so that a database that fails there is answered as anywhere else;
    a failure later than that cuts the body off.

    Raises:
        LifecycleViolation: the request may write.
    """
    return stream_written(request, lambda rows: map(encode, rows(statement)), **headers)


def stream_written(request: Any, write: Callable[[Rows], Iterable[bytes]], **headers: str) -> Response:
    """Return a response whose body is what `write` yields: for a body of several statements, as `stream`.

    `write` is called for the first chunk. What it asks for with `rows` is all of one snapshot, and the
    results of several statements may be read side by side.

    Raises:
        LifecycleViolation: the request may write.
    """
    if mode_for(request) is Mode.WRITE:
        raise request.tm.remember(
            "A stream begins when the request's own change is durable already, and what fails then would be "
            'answered as if nothing had changed. Declare db_mode="read", or make the body in the view.'
        )
    engine = request.registry["dbsession_factory"].engine
    return Response(app_iter=WrittenStream(engine.connect, write), **headers)


def includeme(config: Configurator) -> None:
    """Make the beginning of each streamed body as soon as the request's own session has ended."""
    config.add_tween("myapp.db.streaming.tween_factory", over="pyramid_tm.tm_tween_factory")


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that primes: what fails there is tried again, or answered, like what a view raises."""

    def prime(request: Any) -> Any:
        response = handler(request)
        # The body of an answer to HEAD is never sent.
        if not isinstance(response.app_iter, WrittenStream) or request.method == "HEAD":
            return response
        try:
            response.app_iter.prime()
        except Exception as error:
            if is_error_retryable(request, error):
                raise
            return answer_for(request, error)
        return response

    return prime


class WrittenStream:
    """An iterable body; the server calls `close` in every case (PEP 3333).

    Whoever drops it instead, a callback that raises or a subrequest's caller, closes it so, too: nothing that
    it holds refers back to it.
    """

    def __init__(self, connect: Callable[[], Connection], write: Callable[[Rows], Iterable[bytes]]) -> None:
        self._source = _Source(connect)
        self._chunks = self._source.chunks(write)
        self._ahead: list[bytes] | None = None

    def prime(self) -> None:
        """Make the first two chunks; a body that has no more is whole then, and its connection given back."""
        # A subrequest's answer that is the request's own has begun already.
        if self._ahead is None:
            self._ahead = list(islice(self._chunks, 2))

    def __iter__(self) -> Iterator[bytes]:
        # Handed out and forgotten, so that no chunk is kept while the rest is sent.
        while self._ahead:
            yield self._ahead.pop(0)
        yield from self._chunks

    def close(self) -> None:
        """Give the connection back; a second call does nothing."""
        # What is half made ends first, while it can still end its own results.
        try:
            self._chunks.close()
        finally:
            self._source.release()


class _Source:
    """The connection of a stream, and the results that are read from it."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._results: list[Result[Any]] = []

    def chunks(self, write: Callable[[Rows], Iterable[bytes]]) -> Generator[bytes, None, None]:
        """Connect for the first chunk, and give the connection back after the last."""
        self._connection = self._connect()
        reading = read_only(self._connection, yield_per=CHUNK_ROWS)
        try:
            yield from in_chunks(write(lambda statement: self._rows(reading, statement)))
        finally:
            self.release()

    def _rows(self, reading: Connection, statement: Executable) -> Iterator[Any]:
        result = reading.execute(statement)
        self._results.append(result)
        yield from result
        self._results.remove(result)

    def release(self) -> None:
        """End the results and give the connection back; a second call does nothing."""
        results, self._results = self._results, []
        connection, self._connection = self._connection, None
        # In this order backwards, and each of them even if another one fails: the connection comes last.
        with ExitStack() as ending:
            if connection is not None:
                ending.callback(connection.close)
            for result in results:
                ending.callback(result.close)


def in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces joined, so that not each of them is sent alone."""
    chunk: list[bytes] = []
    size = 0
    for piece in pieces:
        chunk.append(piece)
        size += len(piece)
        if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield b"".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield b"".join(chunk)
