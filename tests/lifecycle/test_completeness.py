"""Every public name of what a view is lent is refused or known to be harmless; a new one must be placed."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session
from transaction import Transaction, TransactionManager

from tests.lifecycle import offences

# To work with: each needs the open transaction, and none of them ends it.
SESSION_WORK = """
    add add_all begin_nested bulk_insert_mappings bulk_save_objects bulk_update_mappings connection delete
    delete_all execute expire expire_all expunge expunge_all flush get get_one merge merge_all no_autoflush
    query refresh scalar scalars
"""
# To look at, or to set up mapping; no I/O, and no other engine either, because a session asks its own alone.
SESSION_STATE = """
    bind_mapper bind_table connection_callable deleted dirty dispatch enable_relationship_loading
    execution_options get_bind get_nested_transaction get_transaction identity_key in_nested_transaction
    in_transaction info is_active is_modified new object_session
"""
CONNECTION_WORK = "__enter__ begin_nested exec_driver_sql execute scalar scalars"
# `connection` is the driver's own: what is done there is found out by the next statement or by COMMIT.
CONNECTION_STATE = """
    closed connection default_isolation_level dispatch get_execution_options get_isolation_level
    get_nested_transaction get_transaction in_nested_transaction in_transaction info invalidated
    schema_for_object should_close_with_result
"""
MANAGER_STATE = """
    clearSynchs get isDoomed registerSynch registeredSynchs run_no_func_types unregisterSynch
"""
TRANSACTION_STATE = """
    addAfterAbortHook addAfterCommitHook addBeforeAbortHook addBeforeCommitHook data description
    getAfterAbortHooks getAfterCommitHooks getBeforeAbortHooks getBeforeCommitHooks isDoomed isRetryableError
    join note setExtendedInfo setUser set_data user
"""

CLASSES = {
    "session": (Session, offences.SESSION, SESSION_WORK + SESSION_STATE),
    "connection": (Connection, offences.CONNECTION, CONNECTION_WORK + CONNECTION_STATE),
    "manager": (TransactionManager, offences.MANAGER, MANAGER_STATE),
    "transaction": (Transaction, offences.TRANSACTION, TRANSACTION_STATE),
}


def public_names(lent: type) -> set[str]:
    context_manager = {"__enter__", "__exit__"} & set(dir(lent))
    return {name for name in dir(lent) if not name.startswith("_")} | context_manager


@pytest.mark.parametrize(("lent", "refused", "harmless"), CLASSES.values(), ids=CLASSES)
def test_every_public_name_is_refused_or_known_to_be_harmless(lent, refused, harmless) -> None:
    assert public_names(lent) == refused.keys() | set(harmless.split())


@pytest.mark.parametrize(("lent", "refused", "harmless"), CLASSES.values(), ids=CLASSES)
def test_no_name_is_both(lent, refused, harmless) -> None:
    assert refused.keys() & set(harmless.split()) == set()
