"""Settings from defaults, then a YAML file, then the environment; every value remembers where it came from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from slamon.service.settings import environment, yaml_file
from slamon.service.settings.models import Settings
from slamon.service.settings.problems import Path, Problem, SettingsError, from_validation
from slamon.service.settings.schema import KNOWN_KEYS, SECRETS


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings and, for each path that is not a default, where it was set."""

    settings: Settings
    origins: Mapping[Path, str]


def load(config: FilePath | None = None, environ: Mapping[str, str] | None = None) -> Loaded:
    """The settings of this worker; `config` wins over SLAMON_CONFIG.

    Raises SettingsError with every problem of the file and the environment at once.
    """
    variables = os.environ if environ is None else environ
    path = config or (FilePath(variables["SLAMON_CONFIG"]) if variables.get("SLAMON_CONFIG") else None)
    file = yaml_file.read(path) if path else yaml_file.Read({}, {}, [])
    env = environment.read(variables)
    origins = {**file.origins, **env.origins}
    settings, problems = _validated(merged(file.values, env.values), origins)
    problems = [*file.problems, *env.problems, *problems]
    if problems or settings is None:
        raise SettingsError(problems)
    return Loaded(settings, origins)


def merged(lower: Any, upper: Any) -> Any:
    """The upper values over the lower ones, mapping by mapping; anything else is replaced whole."""
    if not isinstance(lower, dict) or not isinstance(upper, dict):
        return upper
    both = {key: merged(lower[key], upper[key]) for key in upper if key in lower}
    return {**lower, **upper, **both}


def _validated(values: Any, origins: Mapping[Path, str]) -> tuple[Settings | None, list[Problem]]:
    try:
        return Settings.model_validate(values), []
    except ValidationError as error:
        return None, from_validation(error, origins, KNOWN_KEYS, SECRETS)
