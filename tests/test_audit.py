"""`.ci/audit` believes only a database that knows something, fails for what is known, and says when nothing was looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
FAKE = """#!{python}
import json, sys
told = dict(zip(sys.argv[1::2], sys.argv[2::2])) | dict(zip(sys.argv[2::2], sys.argv[3::2]))
with open(told["--requirement"]) as file:
    names = [line.split("==")[0] for line in file]
answers = json.loads({answers!r})[told["--vulnerability-service"]]
if answers is None:
    sys.exit("a long traceback\\nno route to host")
known = told["--requirement"].endswith("/known")
packages = [(answers["known"] if known else answers.get(name, answers["*"])) | {{"name": name, "version": "1"}} for name in names]
with open(told["--output"], "w") as file:
    json.dump({{"dependencies": packages}}, file)
sys.exit(1 if any(each.get("vulns") for each in packages) else 0)
"""
NOT_HAD, CLEAN, HOLED = {"skip_reason": "not found"}, {"vulns": []}, {"vulns": [HOLE]}


def audit(folder: Path, **answers: object) -> tuple[int, list[str]]:
    """Its exit code and what it said, where databases answer so; None: one cannot be reached."""
    auditor = folder / "pip-audit"
    auditor.write_text(FAKE.format(python=sys.executable, answers=json.dumps(answers)))
    auditor.chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "PIP_AUDIT": str(auditor)}
    done = subprocess.run(
        [ROOT / ".ci" / "audit", sys.executable], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("pypi", "osv", "why"),
    [
        (None, None, "pypi: no route to host; osv: no route to host"),
        ({"known": NOT_HAD, "*": NOT_HAD}, None, "pypi: no data about vulnerabilities; osv: no route to host"),
        ({"known": CLEAN, "*": CLEAN}, None, "pypi: no data about vulnerabilities; osv: no route to host"),
        ({"known": HOLED, "*": NOT_HAD}, None, "pypi has none of the packages"),
    ],
)
def test_a_database_that_knows_nothing_is_no_proof(tmp_path: Path, pypi: object, osv: object, why: str) -> None:
    assert audit(tmp_path, pypi=pypi, osv=osv) == (0, [f"audit: SKIPPED, nothing was looked at: {why}"])


def test_the_second_database_is_asked_where_the_first_knows_nothing(tmp_path: Path) -> None:
    code, (said,) = audit(tmp_path, pypi={"known": CLEAN, "*": CLEAN}, osv={"known": HOLED, "*": CLEAN})
    assert code == 0
    assert said.endswith("packages looked at, known vulnerabilities: 0")


def test_what_is_known_fails_and_what_was_not_looked_at_is_named(tmp_path: Path) -> None:
    code, said = audit(tmp_path, pypi={"known": HOLED, "*": CLEAN, "pytest": HOLED, "orjson": NOT_HAD}, osv=None)
    assert code == 1
    assert said[0] == "pytest 1: PYSEC-1, mended in 2.0"
    assert said[1].endswith("packages looked at, known vulnerabilities: 1; the database does not have orjson")
