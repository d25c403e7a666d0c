"""The versions of a report come from our environment, and for what we do not have, from the opponents'."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from benchmarks.versions import versions_of


def test_what_we_have_is_told_as_ours_and_what_we_lack_as_theirs(tmp_path: Path) -> None:
    _install(tmp_path, "a-framework", "1.2.3")
    _install(tmp_path, "SQLAlchemy", "0.1")
    expected = {"SQLAlchemy": version("SQLAlchemy"), "a-framework": "1.2.3"}
    assert versions_of(["a-framework", "SQLAlchemy", "a-framework"], tmp_path) == expected


def test_what_nobody_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackageNotFoundError, match="no-such-thing"):
        versions_of(["no-such-thing"], tmp_path)
    _install(tmp_path, "a-framework", "1.2.3")
    with pytest.raises(PackageNotFoundError, match="no-such-thing"):
        versions_of(["no-such-thing"], tmp_path)


def _install(environment: Path, name: str, number: str) -> None:
    folder = (
        environment / "lib" / "python3.11" / "site-packages" / f"{name.replace('-', '_')}-{number}.dist-info"
    )
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
