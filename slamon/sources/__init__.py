"""Foreign payloads to canonical events of tickets and services: one pure mapping a file, all of them by name."""

from collections.abc import Mapping

from slamon.sources.alertmanager import ALERTMANAGER
from slamon.sources.canonical import CANONICAL
from slamon.sources.canonical_uptime import CANONICAL_UPTIME
from slamon.sources.gatus import GATUS
from slamon.sources.github import GITHUB
from slamon.sources.jira import JIRA
from slamon.sources.pagerduty import PAGERDUTY
from slamon.sources.prometheus import PROMETHEUS
from slamon.sources.servicenow import SERVICENOW, SERVICENOW_JOURNAL, SERVICENOW_SYS_ID
from slamon.sources.servicenow_log import SERVICENOW_LOG
from slamon.sources.source import SIGNALS, UPTIME_SIGNALS, Source
from slamon.sources.statuspage import STATUSPAGE
from slamon.sources.uptime_kuma import UPTIME_KUMA
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
        CANONICAL_UPTIME,
        ALERTMANAGER,
        STATUSPAGE,
        UPTIME_KUMA,
        GATUS,
        PROMETHEUS,
    )
}

__all__ = ["SIGNALS", "SOURCES", "UPTIME_SIGNALS", "Source"]
