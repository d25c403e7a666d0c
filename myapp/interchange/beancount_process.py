"""Runs beancount on untrusted text, in a process of its own: a journal on stdin, JSON on stdout.

It takes beancount's loader apart, for the loader imports any module that a journal names as a plugin, opens
the files that it includes, and tells which documents exist. Parsing, booking, padding, the assertions and the
validation are the loader's own steps in the loader's order; none opens a file or imports a module.

Nothing of the service is imported here. The script is run by its path (see `beancount.py`).
"""

import contextlib
import json
import resource
import sys
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from beancount.core import data
from beancount.core.display_context import Precision
from beancount.ops import balance, pad, validation
from beancount.parser import booking, parser
from beancount.plugins import auto_accounts

# The name that errors about the text itself carry, as opposed to errors about beancount's own modules.
TEXT = "<journal>"
MESSAGE_CHARACTERS_MAX = 300
# An asset has no more, see `myapp.ledger.money`.
DECIMALS_MAX = 18

# One journal may not exhaust the machine: beyond these the kernel ends the process, and the reader refuses.
MEMORY_BYTES_MAX = 2 * 1024**3
CPU_S_MAX = 60
ANSWER_CHARACTERS_MAX = 256 * 1024**2

Directives = list[Any]
Options = dict[str, Any]
Step = Callable[[Directives, Options], tuple[Directives, list[Any]]]

# The plugins that are accepted, and the steps each one adds. Any other would be code of the sender's choice,
# or a check of beancount's own, several of which evaluate their configuration as Python.
PLUGINS: dict[str, tuple[Step, ...]] = {
    # Opens the accounts that nobody opened; it moves no money.
    "beancount.plugins.auto_accounts": (auto_accounts.auto_insert_open,),
    # Adds prices, which are not read here: nothing to do.
    "beancount.plugins.implicit_prices": (),
}

# What makes beancount look at the file system, or at another place for modules.
FORBIDDEN = {
    "include": "include",
    "documents": 'option "documents"',
    "insert_pythonpath": 'option "insert_pythonpath"',
}


class RefusedError(Exception):
    """The journal is refused; the line is None when no single one is at fault."""

    def __init__(self, message: str, *, line: int | None = None, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.line = line
        self.code = code


def main() -> None:
    """Answer for the journal on standard input, whatever is in it."""
    text = sys.stdin.buffer.read()
    limit_resources()
    try:
        answer = json.dumps(read(text))
        if len(answer) > ANSWER_CHARACTERS_MAX:
            raise RefusedError("its tags and metadata, written out for each transaction, are too large")
    except RefusedError as refused:
        answer = json.dumps(
            {"refusal": {"message": str(refused), "line": refused.line, "code": refused.code}}
        )
    sys.stdout.write(answer)


def limit_resources() -> None:
    """Bound memory and time, and let no file be written."""
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_S_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        # macOS has no limit on address space, and a stricter limit than ours may be in force already.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def read(text: bytes) -> dict[str, Any]:
    """Return the booked transactions, and what the journal's options say about its accounts.

    Raises:
        RefusedError: for the first thing that beancount, or FORBIDDEN, finds wrong.
    """
    directives, options = parsed(text)
    for step in (booking.book, *plugin_steps(options), pad.pad, balance.check):
        directives, errors = attempted(step, directives, options)
        refuse_first(errors)
        directives.sort(key=data.entry_sortkey)
    refuse_first(attempted(validation.validate, directives, options))
    return {
        "types": account_types(options),
        "conversion_account": f"{options['name_equity']}:{options['account_current_conversions']}",
        "transactions": [
            facts(entry, options["dcontext"]) for entry in directives if isinstance(entry, data.Transaction)
        ],
    }


def parsed(text: bytes) -> tuple[Directives, Options]:
    """Return the directives and the options as written.

    Raises:
        RefusedError: for syntax errors, and for what would import code or read files.
    """
    directives, errors, options = attempted(parser.parse_string, text, TEXT)
    refuse_first(errors)
    for name, directive in FORBIDDEN.items():
        if options[name]:
            raise RefusedError(f"{directive} is refused: an import reads no other file than the one sent")
    # In this mode the loader would skip pads and balance assertions.
    if options["plugin_processing_mode"] != "default":
        raise RefusedError('option "plugin_processing_mode" is refused: every check is made')
    refuse_false_lines(directives)
    return directives, options


def line_of(source: dict[str, Any]) -> int | None:
    """Return the line that beancount kept, if it is one: what is missed at the end of the text has line 0."""
    line = source["lineno"]
    # Metadata named lineno replaces it: by a Decimal, a string, or by TRUE, which would pass for an integer.
    return line if type(line) is int and line > 0 else None


def refuse_false_lines(directives: Directives) -> None:
    """Accept directives that all tell their line.

    Raises:
        RefusedError: for metadata named lineno.
    """
    if any(line_of(entry.meta) is None for entry in directives):
        raise RefusedError("metadata named lineno is refused: beancount keeps the number of the line there")


def plugin_steps(options: Options) -> Iterator[Step]:
    """Return the steps that the journal's plugins add.

    Raises:
        RefusedError: for a plugin that is not among PLUGINS.
    """
    for name, _configuration in options["plugin"]:
        if name not in PLUGINS:
            raise RefusedError(
                f"plugin {shortened(name)!r} is refused: only {', '.join(PLUGINS)} may be used"
            )
        yield from PLUGINS[name]


def attempted(step: Callable[..., Any], *arguments: object) -> Any:
    """Return what a step of beancount's returns; the unforeseen, such as a division by zero, is a refusal."""
    try:
        return step(*arguments)
    except Exception as error:
        raise RefusedError(f"beancount cannot read it ({type(error).__name__})") from error


def refuse_first(errors: Iterable[Any]) -> None:
    """Raise the first of beancount's errors, if there is one."""
    for error in errors:
        source = error.source or {}
        # An error about a module carries that module's path, which is none of the sender's business.
        if source.get("filename") != TEXT:
            raise RefusedError(f"beancount cannot read it ({type(error).__name__})")
        code = "unbalanced" if error.message.startswith("Transaction does not balance") else "invalid_request"
        raise RefusedError(shortened(error.message), line=line_of(source), code=code)


def shortened(message: str) -> str:
    """Return the message on one line and short enough to be shown: beancount quotes whole transactions."""
    line = " ".join(message[:MESSAGE_CHARACTERS_MAX].split())
    # The journal's own characters are in it, and might command a terminal.
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)


def account_types(options: Options) -> dict[str, str]:
    """Return the type that each root account's name stands for."""
    return {
        options["name_assets"]: "asset",
        options["name_liabilities"]: "liability",
        options["name_equity"]: "equity",
        options["name_income"]: "income",
        options["name_expenses"]: "expense",
    }


def facts(entry: Any, seen: Any) -> dict[str, Any]:
    """Return what is kept of a transaction; numbers as strings, since JSON's would be floats.

    `seen` are beancount's statistics of the decimals that the journal is written with.
    """
    return {
        "line": entry.meta["lineno"],
        "date": entry.date.isoformat(),
        "description": " | ".join(part for part in (entry.payee, entry.narration) if part),
        "metadata": list(labels(entry)),
        "postings": [(p.account, p.units.currency, f"{number_of(p, seen):f}") for p in entry.postings],
    }


def number_of(posting: Any, seen: Any) -> Decimal:
    """Return a posting's number; one that beancount worked out, and that has no end, rounded as others are.

    A total price is divided among the units, which leaves 26 decimals that nobody wrote.
    """
    number: Decimal = posting.units.number
    is_endless = -int(number.as_tuple().exponent) > DECIMALS_MAX
    if not is_endless or not (posting.meta or {}).get("__automatic__"):
        return number
    written = seen.ccontexts[posting.units.currency].get_fractional(Precision.MAXIMUM)
    return number if written is None else number.quantize(Decimal(1).scaleb(-written))


def labels(entry: Any) -> Iterator[tuple[str, str]]:
    """Return tags, links and metadata as keys and values; sorted, since beancount's sets have no order."""
    if entry.tags:
        yield "tags", " ".join(sorted(entry.tags))
    if entry.links:
        yield "links", " ".join(sorted(entry.links))
    for key, value in entry.meta.items():
        if key not in ("filename", "lineno") and not key.startswith("__") and value is not None:
            yield key, written(value)


def written(value: object) -> str:
    """Return a value of metadata as beancount's language writes it, strings without their quotes."""
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


if __name__ == "__main__":
    main()
