"""A worker without Kafka whose clocks are due soon by the real clock, for a page that counts down."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slamon.service.status import InputStatus, Page, PartitionStatus, WorkerStatus
from slamon.sla.instants import render
from tests.service.told import Worker

EVIL = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
MINUTE, HOUR = 60, 3600


def now_ms() -> int:
    return int(time.time() * 1000)


def at(seconds: float) -> str:
    """So many seconds from now."""
    return render(now_ms() + int(seconds * 1000))


def clock(number: int, seconds: float, title: str, **more: Any) -> dict[str, Any]:
    """A clock at risk, due in so many seconds."""
    context = {"title": title, "url": f"https://desk.example.com/INC-{number}", "customer": "Acme Ltd", "group": "mail"}
    told = {
        "ticket": f"INC-{number}", "clock_id": f"c{number}", "slot": "sla", "policy": "gold", "objective": "resolution",
        "target": "4h", "due_at": at(seconds), "priority": "P1", "context": {**context, **more.pop("context", {})},
    }  # fmt: skip
    return {**told, **more}


def fact(number: int, what: str, seconds: float, title: str, **more: Any) -> dict[str, Any]:
    """A line of the feed, of so many seconds ago."""
    context = {"title": title, "url": f"https://desk.example.com/INC-{number}", "customer": "Acme Ltd", "group": "mail"}
    told = {
        "id": f"f{number}-{what}", "ticket": f"INC-{number}", "what": what, "at": at(-seconds), "told_at": at(-seconds),
        "live": True, "objective": "resolution", "policy": "gold", "target": "4h", "priority": "P2", "context": context,
    }  # fmt: skip
    return {**told, **more}


FACTS = [
    fact(1031, "warning", 2400, "Printer on floor 3 is offline", threshold="75%"),
    fact(1031, "cleared", 2100, "Printer on floor 3 is offline", threshold="75%", reason="met"),
    fact(1017, "breach", 1500, "VPN drops every few minutes", priority="P1"),
    fact(1009, "breach", 1200, "Order form rejects umlauts"),
    {"id": "k1", "ticket": "INC-1009", "what": "correction", "at": at(-1200), "told_at": at(-900), "live": True, "target": None,
     "context": {}, "corrects": "f1009-breach", "corrected_what": "breach", "reinstates": False, "reason": "late_record"},
    fact(1044, "warning", 240, "No mail since noon", threshold="90%", severity="critical"),
]  # fmt: skip


def explained() -> dict[str, Any]:
    counted = [
        {"from": at(-5 * HOUR), "to": at(-4 * HOUR), "seconds": 3600},
        {"from": at(-2 * HOUR), "to": at(0), "seconds": 7200},
    ]
    told = {
        "calendar": "office", "zone": "Europe/Berlin", "counted": counted, "excluded": {"closed_seconds": 1800, "holiday_seconds": 0},
        "pauses": [{"from": at(-4 * HOUR), "to": at(-2 * HOUR), "reason": "status=waiting for customer"}],
        "by_status": {"new": 3600, "open": 7200}, "by_group": {"mail": 10800}, "thresholds": {"75%": at(-600)}, "not_known": [],
    }  # fmt: skip
    clock_of_it = {
        "policy": "gold", "policy_kind": "SLA", "agreement": "acme", "objective": "resolution", "stage": "active",
        "target": {"text": "4h", "from": "priority=P1"}, "elapsed_seconds": 10800, "remaining_seconds": 3600,
        "cycle_start": at(-5 * HOUR), "due_at": at(HOUR), "breached_at": None, "ended_at": None, "explanation": told,
        "context": {"title": EVIL, "url": "https://desk.example.com/INC-1044"},
    }  # fmt: skip
    fields = {"priority": "P1", "status": "open", "title": EVIL, "note": EVIL}
    return {
        "ticket": "INC-1044",
        "at": at(0),
        "created_at": at(-5 * HOUR),
        "fields": fields,
        "clocks": [clock_of_it],
        "corrected": [],
    }


def service(name: str, state: str, left: float, **more: Any) -> dict[str, Any]:
    budget = {"seconds": 2592, "used_seconds": 2592 - left, "remaining_seconds": left, "used_ratio": 1 - left / 2592}
    told = {
        "policy": "shop-gold", "objective": "availability", "target": {"text": "99.9%"}, "period": {"text": "month"}, "state": state,
        "stage": "active", "availability": 1 - (2592 - left) / 2_592_000, "budget": budget, "outages": 2, "unknown_seconds": 0,
        "due_at": None, "breached_at": None,
    }  # fmt: skip
    return {"service": name, "clocks": [{**told, **more}]}


class Desk(Worker):
    """Told what real workers tell."""

    def __init__(self) -> None:
        super().__init__()
        self.clocks = [
            clock(1044, 95, "No mail since noon"),
            clock(1042, 11 * MINUTE, EVIL, context={"url": "javascript:window.hit=1"}, objective="first_response", target="30m"),
            clock(1038, 41 * MINUTE, "Invoices show the wrong VAT", priority="P2", context={"customer": "Globex", "group": "billing"}),
            clock(1051, 2 * HOUR + 700, "Laptop for a new colleague", priority="P3", context={"group": "hardware"}),
            clock(1029, 30 * HOUR, "Access to the archive", policy="mail-team", slot="mail-team", priority="P3"),
        ]  # fmt: skip
        self.services_told = [
            service("checkout", "down", 470, due_at=at(470)), service("login", "up", 2100), service("search", "degraded", -45, breached_at=at(-900)),
        ]  # fmt: skip
        self.tickets["INC-1044"] = explained()
        partitions = [PartitionStatus(number, "active", now_ms() - 30, lag={"tickets": 0}) for number in range(3)]
        inputs = [
            InputStatus("incidents", "snow.raw", "servicenow", now_ms() - 4000, 0),
            InputStatus("alertmanager", "alerts.raw", "alertmanager", now_ms() - 3 * HOUR * 1000, 12, silent=True),
        ]
        self.told = WorkerStatus(
            now_ms(), True, now_ms(), "5f3c", partitions, inputs=inputs, expected_partitions=3, name="slamon-0",
            address="http://slamon-0:8080",
        )  # fmt: skip

    def status(self) -> WorkerStatus:
        return replace(self.told, now=now_ms(), ticked_at=now_ms() - 20)

    async def at_risk(self, wanted: Any) -> Page:
        found = [one for one in self.clocks if wanted.customer in {None, one["context"]["customer"]}]
        return Page(found[: wanted.limit], self.owned, more=len(found) > wanted.limit)

    async def services(self, after: str, limit: int) -> Page:
        found: list[Mapping[str, Any]] = [one for one in self.services_told if one["service"] > after]
        return Page(found[:limit], self.owned)
