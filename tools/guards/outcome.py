"""The guards of what a request's answer says: I1 to I8 of the invariants."""

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
        "    manager.admit_session()\n",
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
        "if request.tm.ending_failed and response.status_int < 400:",
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
        ', "postgresql_readonly": True',
        "",
        (
            "tests/lifecycle/test_safe_methods.py"
            "::test_a_write_by_a_safe_method_fails_loudly_and_changes_nothing",
        ),
    ),
    Guard(
        "I5",
        "the session refuses lifecycle calls",
        "myapp/db/session.py",
        "if not self.owner.in_machinery:",
        "if False:",
        ("tests/lifecycle/test_violations.py::test_a_lifecycle_call_is_refused_and_says_what_to_do_instead",),
    ),
    Guard(
        "I5",
        "the connection refuses lifecycle calls",
        "myapp/db/connection.py",
        "if owner is not None and not owner.in_machinery and self.in_transaction():",
        "if False:",
        ("tests/lifecycle/test_violations.py::test_a_lifecycle_call_is_refused_and_says_what_to_do_instead",),
    ),
    Guard(
        "I5",
        "the transaction manager refuses lifecycle calls",
        "myapp/db/tm.py",
        'if request is not None and "tm.active" in request.environ:',
        "if False:",
        ("tests/lifecycle/test_violations.py::test_a_lifecycle_call_is_refused_and_says_what_to_do_instead",),
    ),
    Guard(
        "I5",
        "a refusal that is swallowed forbids the commit",
        "myapp/db/owner.py",
        "        self.violation = message\n",
        "",
        ("tests/lifecycle/test_violations.py::test_swallowing_the_refusal_commits_nothing",),
    ),
    Guard(
        "I5",
        "how a transaction begins is not the view's to say",
        "myapp/db/session.py",
        "        refuse_protected(self.owner, execution_options or {}, engine.dialect.name)\n",
        "",
        ("tests/lifecycle/test_violations.py::test_how_a_transaction_begins_is_not_the_views_to_say",),
    ),
    Guard(
        "I5",
        "a new name of SQLAlchemy's must be placed",
        "tests/lifecycle/offences.py",
        '    "detach": lambda request: connection(request).detach(),\n',
        "",
        ("tests/lifecycle/test_completeness.py::test_every_public_name_is_refused_or_known_to_be_harmless",),
    ),
    Guard(
        "I6",
        "an error that is swallowed forbids the commit",
        "myapp/db/owner.py",
        "        self.errors.append((len(self.savepoints), error))\n",
        "        pass\n",
        ("tests/lifecycle/test_poison.py::test_a_swallowed_error_of_a_read_counts_too",),
    ),
    Guard(
        "I6",
        "the driver is asked before COMMIT",
        "myapp/db/commit.py",
        "        _require_living_transaction(connection)\n",
        "        pass\n",
        (
            "tests/lifecycle/test_poison.py"
            "::test_a_transaction_that_the_driver_lost_unseen_is_not_said_to_be_committed",
        ),
    ),
    Guard(
        "I6",
        "a flush that found no connection forbids the commit",
        "myapp/db/joining.py",
        "        self._record_failed_flush()\n",
        "",
        ("tests/lifecycle/test_no_connection.py",),
    ),
    Guard(
        "I7",
        "nothing comes back to the pool in a transaction",
        "myapp/db/engine.py",
        "    checkin.listen(engine)\n",
        "",
        ("tests/lifecycle/test_failed_commit.py::test_the_next_request_may_even_repair_what_was_missing",),
    ),
    Guard(
        "I7",
        "SystemExit in a view gives the connection back",
        "myapp/db/request.py",
        "    request.add_finished_callback(partial(_end, manager))\n",
        "",
        ("tests/lifecycle/test_bad_views.py::test_a_view_that_is_ended_from_outside_leaves_nothing",),
    ),
    Guard(
        "I7",
        "a half-read result is closed with its request",
        "myapp/db/statements.py",
        "        owner.cursors.add(cursor)\n",
        "",
        ("tests/lifecycle/test_half_read_results.py::test_it_does_not_hinder_the_next_writer",),
    ),
    Guard(
        "I8",
        "a ROLLBACK that fails gives the connection up",
        "myapp/db/joining.py",
        "                transaction.close(invalidate=True)\n",
        "                pass\n",
        ("tests/faults/test_the_injector.py::test_nothing_is_found_where_nothing_is_wrong",),
    ),
)
