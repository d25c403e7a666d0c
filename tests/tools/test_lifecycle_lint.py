"""The lint of invariant I24: each rule bites where its seeded file says, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.lifecycle_lint.allowances import UNUSED, WITHOUT_REASON
from tools.lifecycle_lint.check import check_file, check_source
from tools.lifecycle_lint.files import LintError, lintable, module_name
from tools.lifecycle_lint.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
SEEDED = Path(__file__).parent / "seeded"
BAD = sorted(SEEDED.glob("L*.py"))
CODES = sorted([*(rule.code for rule in RULES), WITHOUT_REASON, UNUSED])


def marked_lines(file: Path) -> list[int]:
    """Return the lines that end in `# bites`; a mark alone on its line means the next line."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    return [
        number + 1 if line == "# bites" else number
        for number, line in enumerate(lines, start=1)
        if line.endswith("# bites")
    ]


def run(*paths: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.lifecycle_lint", *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def codes(line: str) -> list[str]:
    return [finding.code for finding in check_source(line.encode())]


def test_every_rule_has_one_seeded_file() -> None:
    assert [file.name[:4] for file in BAD] == CODES


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_exactly_that_rule_bites_at_exactly_the_marked_lines(file: Path) -> None:
    expected = [(line, file.name[:4]) for line in marked_lines(file)]
    assert expected
    assert [(finding.line, finding.code) for finding in check_file(file)] == expected


def test_good_code_passes() -> None:
    assert check_file(SEEDED / "good.py") == []


def test_the_whole_package_passes() -> None:
    done = run("myapp")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_package_is_really_looked_at() -> None:
    names = {module_name(file) for file in lintable([ROOT / "myapp"])}
    assert {"myapp", "myapp.schema", "myapp.ledger.savepoints"} <= names
    assert not any(name == "myapp.db" or name.startswith("myapp.db.") for name in names)


def test_every_message_says_what_to_do_instead() -> None:
    assert all(rule.message.endswith(".") and rule.message.count(". ") >= 1 for rule in RULES)


def test_a_finding_is_a_line_with_path_position_code_and_message() -> None:
    file = SEEDED / "L004_transaction_of_manager.py"
    done = run(file)
    line = marked_lines(file)[0]
    column = file.read_text().splitlines()[line - 1].index("commit") + 1
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith(f"{file}:{line}:{column}: L004 This ends the transaction")


def test_a_path_that_does_not_exist_is_an_error() -> None:
    done = run("myapp", "no_such_folder")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lifecycle_lint: no_such_folder does not exist.\n"


def test_no_path_at_all_is_an_error() -> None:
    assert run().returncode == 2


def test_a_folder_without_python_is_an_error(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 2


def test_a_path_with_nothing_but_the_exempt_package_is_an_error() -> None:
    assert run("myapp/db").returncode == 2


def test_a_file_that_is_not_python_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    with pytest.raises(LintError, match=r"broken\.py cannot be parsed"):
        check_file(tmp_path / "broken.py")


def test_only_the_package_myapp_db_is_exempt(tmp_path: Path) -> None:
    for folder in ("myapp", "myapp/db", "myapp/dbx", "other/myapp/db", "myapp/api", "myapp/api/db"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "room.py").write_text("session.commit()\n")
    for package in ("myapp", "myapp/db", "myapp/dbx", "myapp/api", "myapp/api/db"):
        (tmp_path / package / "__init__.py").touch()
    linted = {str(file.parent.relative_to(tmp_path)) for file in lintable([tmp_path])}
    assert linted == {"myapp", "myapp/dbx", "myapp/api", "myapp/api/db", "other/myapp/db"}


def test_an_allowance_covers_its_own_line_only() -> None:
    allowed = "session.commit()  # lifecycle: The reason is a sentence.\n"
    assert codes(allowed) == []
    assert codes(allowed + "session.commit()\n") == ["L001"]


def test_an_allowance_covers_every_finding_of_its_line() -> None:
    assert codes("session.commit(), tm.abort()  # lifecycle: The reason is a sentence.\n") == []


def test_an_allowance_in_a_string_allows_nothing() -> None:
    assert codes('session.commit(), "# lifecycle: The reason is a sentence."\n') == ["L001"]


@pytest.mark.parametrize(
    "reason", ["", " ", " Because.", " legacy", " it has to be so.", " It has no full stop"]
)
def test_an_allowance_without_a_whole_sentence_is_itself_the_finding(reason: str) -> None:
    assert codes(f"session.commit()  # lifecycle:{reason}\n") == [WITHOUT_REASON]


def test_an_allowance_that_allows_nothing_is_a_finding() -> None:
    assert codes("session.flush()  # lifecycle: The reason is a sentence.\n") == [UNUSED]


def test_an_allowance_points_at_itself() -> None:
    (finding,) = check_source(b"session.flush()  # noqa  # lifecycle: The reason is a sentence.\n")
    assert (finding.line, finding.column) == (1, 26)
