"""A response body that owns its read-only connection: for exports larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pyramid.response import Response
from sqlalchemy import Connection, Executable, Result

from myapp.db.dialects import read_only

# Rows fetched, encoded and sent at a time: memory is bounded by it, whatever the export's size.
CHUNK_ROWS = 500


def stream(request: Any, statement: Executable, encode: Callable[[Any], bytes], **headers: str) -> Response:
    """Return a response whose body is `encode(row)` for each row of the statement, in one snapshot.

    The request's own session has ended by the time the body is sent, so the body begins a transaction of its
    own, read-only in the database, with the first chunk. It ends when the last chunk is sent or the client
    goes away.
    """
    engine = request.registry["dbsession_factory"].engine
    return Response(app_iter=RowStream(engine.connect, statement, encode), **headers)


class RowStream:
    """An iterable body; the server calls `close` in every case (PEP 3333)."""

    def __init__(
        self, connect: Callable[[], Connection], statement: Executable, encode: Callable[[Any], bytes]
    ) -> None:
        self._connect = connect
        self._statement = statement
        self._encode = encode
        self._connection: Connection | None = None
        self._result: Result[Any] | None = None

    def __iter__(self) -> Iterator[bytes]:
        self._connection = self._connect()
        self._result = read_only(self._connection, yield_per=CHUNK_ROWS).execute(self._statement)
        for rows in self._result.partitions():
            yield b"".join(map(self._encode, rows))
        self.close()

    def close(self) -> None:
        """Give the connection back; a second call does nothing."""
        result, self._result = self._result, None
        connection, self._connection = self._connection, None
        try:
            if result is not None:
                result.close()
        finally:
            if connection is not None:
                connection.close()
