"""Lint one file: parse it, find what offends, and take off what is allowed."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from tools.lifecycle_lint.allowances import apply, read_allowances
from tools.lifecycle_lint.files import LintError
from tools.lifecycle_lint.findings import Finding, findings


def check_file(path: Path) -> list[Finding]:
    """Return the findings in a file, in the order of its lines.

    Raises:
        LintError: the file is not Python.
    """
    try:
        return check_source(path.read_bytes())
    except (SyntaxError, UnicodeDecodeError, tokenize.TokenError) as error:
        raise LintError(f"{path} cannot be parsed: {error}.") from None


def check_source(source: bytes) -> list[Finding]:
    """Return the findings in a module's source, in the order of its lines."""
    allowed = read_allowances(tokenize.tokenize(io.BytesIO(source).readline))
    return sorted(apply(findings(ast.parse(source)), allowed))
