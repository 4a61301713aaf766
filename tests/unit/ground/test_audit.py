"""The audit of dependencies: never good news when nothing was looked up; the locks it reads carry hashes."""

import json
import re
import subprocess

import pytest

from dashboard.settings import PROJECT
from tests.audit_report import verdict

_GOOD = {"name": "a", "version": "1", "vulns": []}
_HOLE = {"name": "b", "version": "2", "vulns": [{"id": "GHSA-x"}]}
_BLIND = {"name": "c", "skip_reason": "not known"}


@pytest.mark.parametrize(
    ("rows", "status"),
    [([_GOOD], 0), ([_GOOD, _BLIND], 0), ([_GOOD, _HOLE], 1), ([_HOLE, _BLIND], 1), ([_BLIND], 2), ([], 2)],
)
def test_the_exit_status_says_what_was_found(rows: list[dict[str, object]], status: int) -> None:
    found, words = verdict(json.dumps({"dependencies": rows}))
    assert found == status
    assert ("no known hole" in words) is (status == 0)
    assert ("GHSA-x" in words) is (status == 1)
    assert ("c" in words.partition("NOT looked up: ")[2]) is (_BLIND in rows and status != 2)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}"])
def test_no_report_is_no_good_news(text: str) -> None:
    status, words = verdict(text)
    assert status == 2
    assert "no known hole" not in words


def test_the_checks_name_the_audit_as_skipped_and_never_praise() -> None:
    script = (PROJECT / "tests" / "run.sh").read_text(encoding="utf-8")
    assert re.search(r"SKIPPED.*make audit", script)
    assert "audit.sh" not in script
    assert "no known hole" not in script


def test_make_audit_is_a_command_of_its_own() -> None:
    plan = subprocess.run(
        ["make", "--dry-run", "--always-make", "audit"], cwd=PROJECT, check=True, capture_output=True, text=True, timeout=60
    )
    assert "tests/audit.sh" in plan.stdout


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt", "tests/engines.txt"])
def test_every_pin_carries_hashes_and_no_address(file: str) -> None:
    text = (PROJECT / file).read_text(encoding="utf-8")
    pins = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(pins) > 30
    for pin in pins:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", pin), pin
        assert "--hash=sha256:" in pin
    assert "://" not in text
