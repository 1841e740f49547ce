"""Foreign payloads to canonical ticket events: one pure mapping a file, all of them by name."""

from collections.abc import Mapping

from slamon.sources.servicenow import SERVICENOW, SERVICENOW_JOURNAL, SERVICENOW_SYS_ID
from slamon.sources.servicenow_log import SERVICENOW_LOG
from slamon.sources.source import SIGNALS, Source

SOURCES: Mapping[str, Source] = {
    source.name: source for source in (SERVICENOW, SERVICENOW_SYS_ID, SERVICENOW_JOURNAL, SERVICENOW_LOG)
}

__all__ = ["SIGNALS", "SOURCES", "Source"]
