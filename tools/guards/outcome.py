"""The guards of what a request's answer says: I1 to I4 of the invariants."""

from __future__ import annotations

from tools.guards.guard import Guard

GUARDS = (
    Guard(
        "I1",
        "a session that is only touched does no I/O",
        "myapp/db/request.py",
        "    join(session, manager)\n",
        "    join(session, manager)\n    session.connection()\n",
        ("tests/lifecycle/test_one_session.py::test_a_session_that_is_only_touched_does_no_io",),
    ),
    Guard(
        "I1",
        "a request has one session",
        "myapp/db/request.py",
        "    manager.require_no_session()\n",
        "",
        ("tests/lifecycle/test_bad_views.py::test_a_request_cannot_have_a_second_session",),
    ),
    Guard(
        "I2",
        "the status decides",
        "myapp/db/tm.py",
        "response.status_int >= 400",
        "response.status_int >= 500",
        (
            "tests/lifecycle/test_status_and_durability.py"
            "::test_a_returned_error_after_a_flush_changes_nothing",
        ),
    ),
    Guard(
        "I2",
        "an exception view cannot make a success of a failed COMMIT",
        "myapp/db/truth.py",
        "if manager.ending_failed and response.status_int < 400:",
        "if False:",
        (
            "tests/lifecycle/test_failed_commit.py"
            "::test_an_exception_view_cannot_turn_a_failed_commit_into_a_success",
        ),
    ),
    Guard(
        "I2",
        "a later attempt does not deny what an earlier one may have done",
        "myapp/db/truth.py",
        "if not is_in_doubt(request) or isinstance(error, CommitOutcomeUnknown):",
        "if True:",
        ("tests/chaos/test_doubt.py",),
    ),
    Guard(
        "I2",
        "a subrequest keeps nothing that its outer request disowns",
        "myapp/db/request.py",
        "        refuse_inside_another(request)\n",
        "        pass\n",
        ("tests/lifecycle/test_subrequests.py::test_a_subrequest_cannot_write",),
    ),
    Guard(
        "I2",
        "a file that has lost its name keeps nothing",
        "myapp/db/sqlite.py",
        "    file.require(pooled.dbapi_connection)\n",
        "",
        ("tests/lifecycle/test_same_file.py",),
    ),
    Guard(
        "I2",
        "the transaction that is committed is the one that began",
        "myapp/db/statements.py",
        "    is_another = endings_of(driver_connection) != owner.endings_before\n",
        "    is_another = False\n",
        ("tests/lifecycle/test_violations.py",),
    ),
    Guard(
        "I2",
        "a COMMIT counts as done when the driver has done it",
        "myapp/db/commit.py",
        "    commit(pooled)\n    owner.committed = True\n",
        "    owner.committed = True\n    commit(pooled)\n",
        ("tests/lifecycle/test_failed_commit.py",),
    ),
    Guard(
        "I5",
        "a listener that hears of the end does not begin anew",
        "myapp/db/joining.py",
        "            self.owner.ended = True\n",
        "            pass\n",
        ("tests/lifecycle/test_after_the_commit.py::test_nor_does_sql_that_comes_after_a_rollback",),
    ),
    Guard(
        "I2",
        "a listener of the session cannot deny the COMMIT it comes after",
        "myapp/db/joining.py",
        "            if not self.owner.committed:\n",
        "            if True:\n",
        (
            "tests/lifecycle/test_after_the_commit.py::test_whoever_voted_with_the_session_finishes_with_it_too",
        ),
    ),
    Guard(
        "I2",
        "a synchronizer cannot deny the COMMIT it comes after",
        "myapp/db/tm.py",
        "            if not self.has_committed:\n",
        "            if True:\n",
        (
            "tests/lifecycle/test_after_the_commit.py::test_an_error_after_commit_is_logged_and_denies_nothing",
        ),
    ),
    Guard(
        "I2",
        "the session votes last",
        "myapp/db/joining.py",
        'f"\\U0010ffff{super().sortKey()}"',
        "super().sortKey()",
        (
            "tests/lifecycle/test_after_the_commit.py::test_the_session_votes_last_so_that_any_other_vote_can_still_stop_it",
        ),
    ),
    Guard(
        "I2",
        "what a signal raises during COMMIT leaves the outcome unknown",
        "myapp/db/joining.py",
        "        return self.owner.commit_sent and not told\n",
        "        return isinstance(error, DBAPIError) and not told\n",
        (
            "tests/lifecycle/test_after_the_commit.py::test_an_alarm_that_goes_off_during_commit_leaves_the_outcome_unknown",
        ),
    ),
    Guard(
        "I2",
        "an attempt that another one follows is aborted",
        "myapp/db/tm.py",
        " or (error is not None and is_error_retryable(request, error))",
        "",
        ("tests/lifecycle/test_retried_answers.py::test_the_attempt_that_follows_decides",),
    ),
    Guard(
        "I2",
        "no condition is decided after the commit",
        "myapp/db/tm.py",
        "        response.conditional_response = False\n",
        "        pass\n",
        ("tests/lifecycle/test_conditional_responses.py::test_a_get_that_writes_answers_what_was_decided",),
    ),
    Guard(
        "I2",
        "a list of tweens has all of ours",
        "myapp/db/__init__.py",
        "    if listed and (missing :=",
        "    if False and (missing :=",
        (
            "tests/lifecycle/test_engine_settings.py::test_a_list_of_tweens_that_leaves_one_of_ours_out_is_refused",
        ),
    ),
    Guard(
        "I2",
        "no engine is in autocommit",
        "myapp/db/engine.py",
        '    if str(options.get("isolation_level")).upper() == "AUTOCOMMIT":\n',
        "    if False:\n",
        ("tests/lifecycle/test_engine_settings.py::test_an_engine_in_autocommit_is_refused",),
    ),
    Guard(
        "I2",
        "no driver is in autocommit",
        "myapp/db/postgresql.py",
        "    if owner is not None and _is_in_autocommit(connection):",
        "    if False:",
        ("tests/lifecycle/test_engine_settings.py::test_a_driver_in_autocommit_keeps_nothing_and_says_so",),
    ),
    Guard(
        "I3",
        "every way of writing is seen",
        "myapp/db/joining.py",
        "STATUS_CHANGED if self.owner.mode is Mode.WRITE else STATUS_ACTIVE",
        "STATUS_ACTIVE",
        (
            "tests/lifecycle/test_status_and_durability.py"
            "::test_each_way_of_writing_makes_exactly_the_change_it_should",
        ),
    ),
    Guard(
        "I4",
        "SQLite refuses the write of a reader",
        "myapp/db/sqlite.py",
        "{'ON' if reading else 'OFF'}",
        "OFF",
        (
            "tests/lifecycle/test_safe_methods.py"
            "::test_a_write_by_a_safe_method_fails_loudly_and_changes_nothing",
        ),
    ),
    Guard(
        "I4",
        "PostgreSQL refuses the write of a reader",
        "myapp/db/postgresql.py",
        '"read_only": True}\n',
        '"read_only": False}\n',
        (
            "tests/lifecycle/test_safe_methods.py"
            "::test_a_write_by_a_safe_method_fails_loudly_and_changes_nothing",
        ),
    ),
    Guard(
        "I17",
        "a read is rolled back",
        "myapp/db/pipelined.py",
        'b"ROLLBACK"',
        'b"COMMIT"',
        ("tests/lifecycle/test_pooled_connections.py::test_a_reader_that_notifies_is_not_heard",),
    ),
    Guard(
        "I8",
        "a connection that died in the pool is replaced before the request begins",
        "myapp/db/liveness.py",
        "        if not _is_quiet(driver, record):\n",
        "        if False:\n",
        (
            "tests/lifecycle/test_pooled_connections.py"
            "::test_connections_that_the_server_ended_are_replaced_before_the_request_begins",
        ),
    ),
    Guard(
        "I17",
        "what a view told the driver ends with its request",
        "myapp/db/as_made.py",
        "            setattr(driver, name, value)\n",
        "            pass\n",
        (
            "tests/lifecycle/test_pooled_connections.py::test_what_a_view_told_the_driver_ends_with_its_request",
            "tests/lifecycle/test_after_the_commit.py::test_the_rows_that_a_view_has_its_driver_make_are_its_own",
        ),
    ),
    Guard(
        "I17",
        "a writer does not inherit the mode of a reader",
        "myapp/db/postgresql.py",
        ", {**_AS_MADE.of(dbapi_connection)}\n",
        ", dict[str, Any]()\n",
        (
            "tests/lifecycle/test_pooled_connections.py"
            "::test_readers_and_writers_that_share_a_connection_each_have_their_own_mode",
        ),
    ),
)
