"""The settings of `slamon notify`: who is paged, for what, and where the secrets are. No secret stands in them."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from slamon.service.settings.access import is_loopback
from slamon.service.settings.quantities import Duration
from slamon.service.settings.section import FilePath, Finding, Host, Name, Section, refuse

ENCRYPTED = "an address with https (http to this machine alone)"
ENQUEUE = "https://events.pagerduty.com/v2/enqueue"
Address = Annotated[str, Field(min_length=8, max_length=2000)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
# What slamon says itself.
OWN_HEADERS = frozenset({"host", "content-type", "content-length", "idempotency-key", "x-slamon-signature"})


def address_fault(url: str) -> Finding | None:
    """What is wrong with an address pages are sent to: secrets and tickets go there, so it is encrypted."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "url", ENCRYPTED, "one that cannot be read", None
    if parts.username or parts.password:
        return "url", "no user and password in an address", "***", "see headers"
    if host and port != 0 and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return None
    return "url", ENCRYPTED, f"{parts.scheme}://{host}", None


class PagerDuty(Section):
    """An integration of PagerDuty that takes Events API v2."""

    routing_key_file: FilePath | None = Field(None, description="File of the integration key. This or routing_key_env.")
    routing_key_env: Variable | None = Field(
        None, description="Variable that holds it; its name begins otherwise than `SLAMON_`."
    )
    url: Address = Field(
        ENQUEUE, description="Where events go; in the EU `https://events.eu.pagerduty.com/v2/enqueue`."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        found = [fault for fault in [address_fault(self.url)] if fault]
        if bool(self.routing_key_file) == bool(self.routing_key_env):
            found.append(("routing_key_file", "routing_key_file or routing_key_env, and not both", None, None))
        refuse(found)
        return self


class Header(Section):
    """A header of every post."""

    name: HeaderName = Field(description="Its name.")
    value: Annotated[str, Field(pattern=r"^[\x20-\x7e]{1,1000}$")] | None = Field(
        None, description="Its value, if it is no secret."
    )
    value_file: FilePath | None = Field(None, description="File of its value. This or value.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        found: list[Finding] = []
        if self.name.lower() in OWN_HEADERS:
            found.append(("name", "a header that slamon does not set itself", self.name, None))
        if (self.value is None) == (self.value_file is None):
            found.append(("value_file", "value or value_file, and not both", None, None))
        refuse(found)
        return self


class Webhook(Section):
    """An address that takes pages as JSON (docs/notify.md)."""

    url: Address | None = Field(
        None, description="Where they are posted: https, or http to this machine. This or url_file."
    )
    url_file: FilePath | None = Field(None, description="File of the address, where the address itself is a secret.")
    secret_file: FilePath | None = Field(
        None, description="File of the secret that signs each post. At most one of this and secret_env."
    )
    secret_env: Variable | None = Field(
        None, description="Variable that holds it; its name begins otherwise than `SLAMON_`."
    )
    headers: list[Header] = Field(default_factory=list, max_length=20, description=Header.__doc__)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        fault = address_fault(self.url) if self.url else None
        found = [fault] if fault else []
        if bool(self.url) == bool(self.url_file):
            found.append(("url", "url or url_file, and not both", None, None))
        if self.secret_file and self.secret_env:
            found.append(("secret_env", "secret_file or secret_env", "both", None))
        refuse(found)
        return self


class Receiver(Section):
    """Somebody who is paged: through PagerDuty or a webhook, each at its own pace."""

    name: Name = Field(description="Name in routes, logs and metrics; unique and never changed while pages are open.")
    pagerduty: PagerDuty | None = Field(None, description=PagerDuty.__doc__)
    webhook: Webhook | None = Field(None, description=Webhook.__doc__)
    rate: int = Field(
        100, ge=1, le=6000, description="Posts a minute at most; what has to wait is told by its net result."
    )
    timeout: Annotated[int, Duration("100ms", "1m")] = Field(
        "10s", description="Longest wait for an answer; then it is tried again."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.pagerduty is None) == (self.webhook is None):
            refuse([("pagerduty", "pagerduty or webhook, and not both", None, None)])
        return self


class Route(Section):
    """Leads pages to receivers. All routes that fit count; a list that is not given takes any value, upper and lower case are one."""

    receivers: list[Name] = Field(min_length=1, max_length=50, description="Who is told.")
    facts: list[Literal["warning", "breach"]] = Field(default_factory=list, max_length=2, description="Which facts.")
    severities: Words = Field(
        default_factory=list, description="Of the threshold, or what slamon takes it for (notify.md)."
    )
    thresholds: Words = Field(default_factory=list, description="As the policy writes them: `90%`, `15m before`.")
    escalate_to: Words = Field(default_factory=list, description="Of the threshold.")
    labels: Words = Field(default_factory=list, description="Of the threshold and its policy, as `name=value`.")
    policies: Words = Field(default_factory=list, description="Names of policies.")
    kinds: list[Literal["SLA", "OLA", "UC"]] = Field(
        default_factory=list, max_length=3, description="Kinds of policies."
    )
    objectives: Words = Field(default_factory=list, description="Names of objectives.")
    priorities: Words = Field(default_factory=list, description="Of the ticket.")
    customers: Words = Field(default_factory=list, description="Of the ticket or service.")
    groups: Words = Field(default_factory=list, description="Of the ticket or service.")
    severity: Literal["critical", "error", "warning", "info"] | None = Field(
        None, description="Severity of the page; unset: that of the threshold."
    )


class Notify(Section):
    """What `slamon notify` sends to whom (docs/notify.md); a worker does not look at it."""

    http_host: Host = Field("0.0.0.0", description="Address of its metrics and health.")  # noqa: S104  a scrape comes from outside
    http_port: int = Field(8081, ge=0, le=65535, description="Port of its metrics and health; 0 takes a free one.")
    ticket_url: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="Address of a ticket that brings none: `https://desk.example.com/{ticket}`."
    )
    service_url: Annotated[str, Field(max_length=1000)] | None = Field(
        None, description="The same of a service: `https://status.example.com/{service}`."
    )
    receivers: list[Receiver] = Field(default_factory=list, max_length=50, description=Receiver.__doc__)
    routes: list[Route] = Field(default_factory=list, max_length=500, description=Route.__doc__)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse([*_twice(self.receivers), *_unknown(self), *_templates(self)])
        return self


def _twice(receivers: list[Receiver]) -> Iterator[Finding]:
    names = [one.name for one in receivers]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"receivers[{index}].name", "a name that no other receiver has", name, None


def _unknown(notify: Notify) -> Iterator[Finding]:
    known = {one.name for one in notify.receivers}
    for index, route in enumerate(notify.routes):
        for place, name in enumerate(route.receivers):
            if name not in known:
                hint = f"known: {', '.join(sorted(known))}" if known else None
                yield f"routes[{index}].receivers[{place}]", "the name of a receiver", name, hint


def _templates(notify: Notify) -> Iterator[Finding]:
    for name, place in (("ticket_url", "{ticket}"), ("service_url", "{service}")):
        given = getattr(notify, name)
        if given and (not re.match(r"https?://", given) or given.count(place) != 1):
            yield name, f"an address with {place} in it once", given, None
