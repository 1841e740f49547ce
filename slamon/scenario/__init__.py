"""Scenarios: a ticket's timeline and the facts expected of it, as YAML; read, run and compared."""

from slamon.scenario.compare import Difference, compare
from slamon.scenario.read import Scenario, read
from slamon.scenario.run import MODES, Outcome, run

__all__ = ["MODES", "Difference", "Outcome", "Scenario", "compare", "read", "run"]
