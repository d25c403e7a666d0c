"""Do something once, if and only if the request committed: a mail, a job, a cache to refresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from transaction.interfaces import NoTransaction

from myapp.db.errors import SessionUnavailable

Arguments = ParamSpec("Arguments")


def after_commit(
    request: Any, function: Callable[Arguments, Any], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> None:
    """Call `function` once the request's change is durable; not at all if it never is.

    An attempt that is retried takes its calls along. The session is closed by then. What `function` raises
    is logged and changes nothing: the client's answer already is what the database says.

    Raises:
        SessionUnavailable: no transaction is open.
    """

    def run(committed: bool) -> None:  # noqa: FBT001 - the signature of a commit hook
        # Another data manager that fails after our COMMIT makes the library say that nothing was committed.
        if committed or getattr(request.tm, "has_committed", False):
            function(*args, **kwargs)

    try:
        request.tm.get().addAfterCommitHook(run)
    except NoTransaction:
        raise SessionUnavailable("after_commit() needs the request's transaction to be open.") from None
