"""Code that drives a transaction manager, the request's or one of its own."""

from typing import Any

import transaction
from transaction import ThreadTransactionManager, TransactionManager, commit
from zope import interface as other


def view(request: Any) -> Any:
    request.tm.begin()  # bites
    request.tm.commit()  # bites
    request.tm.abort()  # bites
    request.tm.doom()  # bites
    request.tm.run(other)  # bites
    for attempt in request.tm.attempts():  # bites
        attempt.note("")
    with request.tm:  # bites
        pass
    alias = request.tm
    alias.commit()  # bites
    request.anything.abort()  # bites
    request.anything.doom()  # bites
    return request.tm.abort  # bites


def script(manager: Any, transaction_manager: Any) -> None:
    manager.commit()  # bites
    transaction_manager.commit()  # bites
    transaction.commit()  # bites
    with transaction.manager:  # bites
        pass
    commit()  # bites
    own = TransactionManager(explicit=True)  # bites
    own.commit()  # bites
    threaded = ThreadTransactionManager()  # bites
    threaded.commit()  # bites
    transaction.TransactionManager()  # bites


def books(transaction: Any) -> None:
    # A ledger's transaction is not the module of that name.
    transaction.run()
