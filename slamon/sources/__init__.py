"""Foreign payloads to canonical ticket events: one pure mapping a file, all of them by name."""

from collections.abc import Mapping

from slamon.sources.canonical import CANONICAL
from slamon.sources.github import GITHUB
from slamon.sources.jira import JIRA
from slamon.sources.pagerduty import PAGERDUTY
from slamon.sources.servicenow import SERVICENOW, SERVICENOW_JOURNAL, SERVICENOW_SYS_ID
from slamon.sources.servicenow_log import SERVICENOW_LOG
from slamon.sources.source import SIGNALS, Source
from slamon.sources.zendesk import ZENDESK

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        CANONICAL,
        SERVICENOW,
        SERVICENOW_SYS_ID,
        SERVICENOW_JOURNAL,
        SERVICENOW_LOG,
        JIRA,
        ZENDESK,
        PAGERDUTY,
        GITHUB,
    )
}

__all__ = ["SIGNALS", "SOURCES", "Source"]
