"""The transaction itself, behind the manager's guard: nothing at run time can refuse it."""

from typing import Any

import transaction


def view(request: Any) -> None:
    request.tm.get().commit()  # bites
    request.tm.get().abort()  # bites
    request.tm.get().doom()  # bites
    current = request.tm.get()
    current.commit()  # bites
    transaction.get().commit()  # bites
