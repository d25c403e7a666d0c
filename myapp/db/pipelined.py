"""A PostgreSQL connection that sends its BEGIN along with the first statement, and waits once for both.

psycopg sends BEGIN when the first statement comes, but waits for its answer before it sends that one. libpq
can queue both (its pipeline mode), which is a round trip less for each transaction: on a network its time, on
one machine two changes of process. psycopg's own pipelines wait for BEGIN as well, and cost more than they
would save here. SAVEPOINT and RELEASE travel with the statement behind them in the same way, or not at all
where the transaction's end is behind them.

A statement that must be prepared first begins as ever, and so does one without parameters, a COPY, or what a
cursor in the server reads.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, Cursor, errors
from psycopg._preparing import Prepare
from psycopg._queries import PostgresQuery
from psycopg.abc import Params, PQGen, Query
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

# As many fit into one message.
_PARAMETERS_MAX = 65_535


class PipelinedCursor(Cursor[Any]):
    """A cursor whose statement takes along what the connection has to send before it."""

    _conn: PipelinedConnection

    def _execute_gen(self, query: Query, params: Params | None = None, **options: Any) -> PQGen[None]:
        self._conn.begin_may_wait = True
        try:
            yield from super()._execute_gen(query, params, **options)
        finally:
            self._conn.begin_may_wait = False
            self._conn.begin_to_send = None

    def _maybe_prepare_gen(self, pgq: PostgresQuery, **options: Any) -> PQGen[None]:
        before = self._conn.taken_along()
        if not before:
            yield from super()._maybe_prepare_gen(pgq, **options)
            return
        prepare, name = self._get_prepared(pgq, options.get("prepare"))
        # Without parameters it may be several statements, unless it is prepared; a pipeline takes one each.
        count = len(pgq.params or ())
        if prepare is Prepare.SHOULD or not (name or count) or count > _PARAMETERS_MAX:
            for command in before:
                yield from self._conn._exec_command(command)
            yield from super()._maybe_prepare_gen(pgq, **options)
            return
        key = self._conn._prepared.maybe_add_to_cache(pgq, prepare, name)
        results = yield from self._send_together(before, name, pgq, binary=options.get("binary"))
        if key is not None:
            self._conn._prepared.validate(key, prepare, name, results)
        self._check_results(results)
        self._set_results(results)

    def _send_together(
        self, before: list[bytes], name: bytes, pgq: PostgresQuery, *, binary: bool | None
    ) -> PQGen[list[PGresult]]:
        pgconn = self._pgconn
        self._queue(before, name, pgq, binary=binary)
        yield from send(pgconn)
        # Those of the commands before, of the statement, and of the pipeline's end.
        answers = yield from _answers(pgconn, len(before) + 2)
        for answer in answers[: len(before)]:
            if _has_failed(answer):
                raise errors.error_from_result(answer[-1], encoding=self._encoding)
        of_statement, last = answers[len(before)], answers[-1]
        if _has_failed(last) and last is not of_statement:
            # Instead of the pipeline's end the server has told why it hangs up.
            pgconn.finish()
            raise errors.error_from_result(last[-1], encoding=self._encoding)
        return of_statement

    def _queue(self, before: list[bytes], name: bytes, pgq: PostgresQuery, *, binary: bool | None) -> None:
        try:
            self._pgconn.enter_pipeline_mode()
            for command in before:
                self._pgconn.send_query_params(command, None)
            if name:
                self._send_query_prepared(name, pgq, binary=binary)
            else:
                self._execute_send(pgq, binary=binary)
            self._pgconn.pipeline_sync()
        except BaseException:
            # To half a pipeline the server answers nothing, and whoever came next would wait for ever.
            self._pgconn.finish()
            raise


def _answers(pgconn: PGconn, count: int) -> PQGen[list[list[PGresult]]]:
    """Read so many answers, to each that was sent and to the pipeline's end; errors are in them."""
    answers: list[list[PGresult]] = []
    try:
        for _ in range(count):
            answers.append((yield from fetch_many(pgconn)))
        pgconn.exit_pipeline_mode()
    except errors.OperationalError:
        # A server that ends a connection says why before it hangs up.
        if not any(map(_has_failed, answers)):
            raise
    return answers


def _has_failed(answer: list[PGresult]) -> bool:
    return answer[-1].status == ExecStatus.FATAL_ERROR


class PipelinedConnection(Connection[Any]):
    """A connection whose cursors are `PipelinedCursor`, and that keeps what a reader has prepared."""

    # Both are only touched by a cursor that has the connection's lock.
    begin_may_wait = False
    begin_to_send: bytes | None = None
    # How many transactions were ended on it, by whomever.
    endings = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.cursor_factory = PipelinedCursor
        self._waiting: list[bytes] = []

    def send_along(self, command: bytes) -> bool:
        """Let a command of the transaction wait for the statement behind it; tell whether it can."""
        if self.pgconn.transaction_status != TransactionStatus.INTRANS or self._pipeline:
            return False
        self._waiting.append(command)
        return True

    def taken_along(self) -> list[bytes]:
        """Return what the next statement takes along; it is not sent any more then."""
        taken, self._waiting = self._waiting, []
        begin, self.begin_to_send = self.begin_to_send, None
        return taken if begin is None else [begin]

    def _start_query(self) -> PQGen[None]:
        if not self.begin_may_wait or self._pipeline or self._autocommit:
            yield from super()._start_query()
            yield from self._send_waiting()
        elif self._is_idle():
            self.begin_to_send = self._get_tx_start_command()

    def _exec_command(self, command: Any, *options: Any, **more: Any) -> PQGen[PGresult | None]:
        yield from self._send_waiting()
        return (yield from super()._exec_command(command, *options, **more))

    def _send_waiting(self) -> PQGen[None]:
        taken, self._waiting = self._waiting, []
        for command in taken:
            yield from super()._exec_command(command)

    def _commit_gen(self) -> PQGen[None]:
        self.endings += 1
        # With the transaction end all its savepoints.
        self._waiting.clear()
        yield from super()._commit_gen()

    def _rollback_gen(self) -> PQGen[None]:
        self.endings += 1
        self._waiting.clear()
        goes_well = self.pgconn.transaction_status == TransactionStatus.INTRANS
        if self._pipeline or not self.read_only or not goes_well:
            yield from super()._rollback_gen()
            return
        # psycopg's own forgets every statement that it has prepared, and the server plans each of them anew.
        # That is for what was made in the transaction, and one that could write nothing has made nothing.
        yield from self._exec_command(b"ROLLBACK")

    def _is_idle(self) -> bool:
        return self.pgconn.transaction_status == TransactionStatus.IDLE
