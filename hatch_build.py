"""Builds the rules and the engine into the wheel as machine code where HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 asks for it; else it is pure.

The source stays beside what is compiled from it: Python takes the compiled module where both are there, and tracebacks
still show the lines. Nothing is written into the source tree.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOMS = ("slamon/sla", "slamon/engine")


class CompiledRooms(BuildHookInterface):  # type: ignore[type-arg]
    """A build hook of hatchling."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._place = tempfile.TemporaryDirectory()
        built = _compile(Path(self.root), Path(self._place.name))
        build_data["pure_python"], build_data["infer_tag"] = False, True
        build_data["force_include"].update({str(path): name for name, path in built.items()})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_place"):
            self._place.cleanup()


def _compile(root: Path, place: Path) -> dict[str, Path]:
    """The compiled modules by the path they have in the wheel."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    os.chdir(root)  # module names follow from relative paths, and mypy reads its section of pyproject.toml here
    sources = [str(path) for room in ROOMS for path in sorted(Path(room).glob("*.py")) if path.name != "__init__.py"]
    modules = mypycify(
        [f"--cache-dir={place / 'mypy'}", *sources],
        target_dir=str(place / "c"), group_name="slamon", multi_file=True,
    )  # fmt: skip
    # Without reading pyproject.toml, which is hatchling's.
    command = Distribution({"name": "slamon", "ext_modules": modules}).get_command_obj("build_ext")
    command.build_lib, command.build_temp, command.parallel = str(place / "lib"), str(place / "o"), os.cpu_count()
    command.ensure_finalized()
    command.run()
    return {str(path.relative_to(place / "lib")): path for path in (place / "lib").rglob("*.*") if path.is_file()}
