"""A PostgreSQL connection that sends its BEGIN along with the first statement, and waits once for both.

psycopg sends BEGIN when the first statement comes, but waits for its answer before it sends that one. libpq
can queue both (its pipeline mode), which is a round trip less for each transaction: on a network its time, on
one machine two changes of process. psycopg's own pipelines wait for BEGIN as well, and cost more than they
would save here.

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
    """A cursor whose statement takes the connection's BEGIN with it."""

    _conn: PipelinedConnection

    def _execute_gen(self, query: Query, params: Params | None = None, **options: Any) -> PQGen[None]:
        self._conn.begin_may_wait = True
        try:
            yield from super()._execute_gen(query, params, **options)
        finally:
            self._conn.begin_may_wait = False
            self._conn.begin_to_send = None

    def _maybe_prepare_gen(self, pgq: PostgresQuery, **options: Any) -> PQGen[None]:
        begin, self._conn.begin_to_send = self._conn.begin_to_send, None
        if begin is None:
            yield from super()._maybe_prepare_gen(pgq, **options)
            return
        prepare, name = self._get_prepared(pgq, options.get("prepare"))
        # Without parameters it may be several statements, unless it is prepared; a pipeline takes one each.
        count = len(pgq.params or ())
        if prepare is Prepare.SHOULD or not (name or count) or count > _PARAMETERS_MAX:
            yield from self._conn._exec_command(begin)
            yield from super()._maybe_prepare_gen(pgq, **options)
            return
        key = self._conn._prepared.maybe_add_to_cache(pgq, prepare, name)
        results = yield from self._begin_and_execute(begin, name, pgq, binary=options.get("binary"))
        if key is not None:
            self._conn._prepared.validate(key, prepare, name, results)
        self._check_results(results)
        self._set_results(results)

    def _begin_and_execute(
        self, begin: bytes, name: bytes, pgq: PostgresQuery, *, binary: bool | None
    ) -> PQGen[list[PGresult]]:
        pgconn = self._pgconn
        self._queue(begin, name, pgq, binary=binary)
        yield from send(pgconn)
        begun, *answers = yield from _answers(pgconn)
        if _has_failed(begun):
            raise errors.error_from_result(begun[-1], encoding=self._encoding)
        if _has_failed(answers[-1]) and answers[-1] is not answers[0]:
            # Instead of the pipeline's end the server has told why it hangs up.
            pgconn.finish()
            raise errors.error_from_result(answers[-1][-1], encoding=self._encoding)
        return answers[0]

    def _queue(self, begin: bytes, name: bytes, pgq: PostgresQuery, *, binary: bool | None) -> None:
        try:
            self._pgconn.enter_pipeline_mode()
            self._pgconn.send_query_params(begin, None)
            if name:
                self._send_query_prepared(name, pgq, binary=binary)
            else:
                self._execute_send(pgq, binary=binary)
            self._pgconn.pipeline_sync()
        except BaseException:
            # To half a pipeline the server answers nothing, and whoever came next would wait for ever.
            self._pgconn.finish()
            raise


def _answers(pgconn: PGconn) -> PQGen[list[list[PGresult]]]:
    """Read the answers to BEGIN, to the statement, and to the pipeline's end; errors are in them."""
    answers: list[list[PGresult]] = []
    try:
        for _ in range(3):
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

    def _start_query(self) -> PQGen[None]:
        if self.begin_may_wait and not self._pipeline and not self._autocommit and self._is_idle():
            self.begin_to_send = self._get_tx_start_command()
        else:
            yield from super()._start_query()

    def _commit_gen(self) -> PQGen[None]:
        self.endings += 1
        yield from super()._commit_gen()

    def _rollback_gen(self) -> PQGen[None]:
        self.endings += 1
        goes_well = self.pgconn.transaction_status == TransactionStatus.INTRANS
        if self._pipeline or not self.read_only or not goes_well:
            yield from super()._rollback_gen()
            return
        # psycopg's own forgets every statement that it has prepared, and the server plans each of them anew.
        # That is for what was made in the transaction, and one that could write nothing has made nothing.
        yield from self._exec_command(b"ROLLBACK")

    def _is_idle(self) -> bool:
        return self.pgconn.transaction_status == TransactionStatus.IDLE
