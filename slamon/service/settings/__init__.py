"""The settings of a worker: read, checked, shown."""

from slamon.service.settings.credentials import password, username
from slamon.service.settings.ingest import Ingest, secret_lines
from slamon.service.settings.load import Loaded, load
from slamon.service.settings.models import Input, Kafka, Limits, Log, Security, Settings
from slamon.service.settings.problems import Problem, SettingsError
from slamon.service.settings.show import print_config, reference

__all__ = [
    "Ingest", "Input", "Kafka", "Limits", "Loaded", "Log", "Problem", "Security", "Settings", "SettingsError",
    "load", "password", "print_config", "reference", "secret_lines", "username",
]  # fmt: skip
