"""The image holds what is locked: exact versions with hashes, for everything that slamon needs, and no host (make lock)."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
HOOK = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
RENEW = "the lock is older than pyproject.toml: run `make lock` and commit requirements.lock and build.lock"
# Each lock, and what it is made of.
LOCKS = {
    "requirements.lock": [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["registry"]],
    "build.lock": [*PYPROJECT["build-system"]["requires"], *HOOK["dependencies"]],
}


def locked(name: str) -> dict[str, str]:
    """What the lock says of each package, by its name."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    return {canonicalize_name(block.partition("==")[0]): block for block in blocks}


def version_of(block: str) -> str:
    """The exact version that one package is locked at."""
    match = re.match(r"[A-Za-z0-9._-]+==([^ ;\\]+)", block)
    assert match is not None, block
    return match[1]


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_locked_is_exact_and_has_hashes_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^ *-(?!-hash=sha256:[0-9a-f]{64}( \\)?$)", text, re.MULTILINE), "no option but a hash"
    for package, block in locked(name).items():
        assert version_of(block), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), package


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_a_version_that_fits_for_everything_that_is_asked_for(name: str) -> None:
    for wanted in map(Requirement, LOCKS[name]):
        block = locked(name).get(canonicalize_name(wanted.name))
        assert block, f"{wanted} is not in {name}; {RENEW}"
        assert version_of(block) in wanted.specifier, f"{wanted}, {name} has {version_of(block)}; {RENEW}"


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_that_is_no_longer_asked_for(name: str) -> None:
    # uv says below each package who asked for it; what came through the standard input has nobody.
    asked = {
        package for package, block in locked(name).items() if "slamon (pyproject.toml)" in block or "# via" not in block
    }
    assert asked
    assert asked <= {canonicalize_name(Requirement(each).name) for each in LOCKS[name]}, RENEW


def test_what_is_copied_into_the_image_is_let_through() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert names == let_through


def test_the_image_takes_what_is_locked_and_nothing_else() -> None:
    installs = re.findall(r"pip .*?install (.*)", (ROOT / "Dockerfile").read_text())
    assert len(installs) == 3
    assert all("--require-hashes" in each or "--no-index" in each for each in installs)
