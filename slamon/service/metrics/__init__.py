"""The metrics of a worker: a catalogue as a table, closed label sets, one registry of our own."""

from slamon.service.metrics.catalogue import FAMILIES, Family
from slamon.service.metrics.reference import reference
from slamon.service.metrics.registry import Metrics, OpenClocks

__all__ = ["FAMILIES", "Family", "Metrics", "OpenClocks", "reference"]
