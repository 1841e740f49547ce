"""The settings of a worker: read, checked, shown."""

from slamon.service.settings.access import ADDRESS, Access, is_loopback
from slamon.service.settings.credentials import password, username
from slamon.service.settings.ingest import Ingest, secret_lines
from slamon.service.settings.load import Loaded, load
from slamon.service.settings.models import Input, Kafka, Limits, Log, Settings
from slamon.service.settings.problems import Problem, SettingsError
from slamon.service.settings.registry import Registry
from slamon.service.settings.security import Security
from slamon.service.settings.show import print_config, reference

__all__ = [
    "ADDRESS", "Access", "Ingest", "Input", "Kafka", "Limits", "Loaded", "Log", "Problem", "Registry", "Security", "Settings",
    "SettingsError", "is_loopback", "load", "password", "print_config", "reference", "secret_lines", "username",
]  # fmt: skip
