"""The receivers of the settings: how each is spoken to, and what is wrong with them before anything is sent."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

from slamon.notify.incident import Action
from slamon.notify.page import Page, web_link
from slamon.notify.post import Post, pagerduty, webhook
from slamon.notify.routes import Route, Routes
from slamon.notify.secret_files import NoSecret, secret
from slamon.service.settings.notify import Notify, PagerDuty, Receiver, Webhook, address_fault
from slamon.service.settings.notify import Route as RouteSettings

ROUTING_KEY = 32  # characters of an integration key
MATCHED = (
    "facts", "severities", "thresholds", "escalate_to", "labels", "policies", "kinds", "objectives", "priorities",
    "customers", "groups",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of tickets and services that bring none of their own."""

    ticket: str | None = None
    service: str | None = None

    def completed(self, page: Page) -> Page:
        """The page with a link, if one can be made."""
        template = self.service if page.service else self.ticket
        if page.link or not template:
            return page
        place = "{service}" if page.service else "{ticket}"
        return replace(page, link=web_link(template.replace(place, quote(page.subject, safe=""))))


def links_of(notify: Notify) -> Links:
    return Links(notify.ticket_url, notify.service_url)


def routes_of(notify: Notify) -> Routes:
    """The routes as the pure core wants them."""
    return Routes(tuple(_route(one) for one in notify.routes))


def _route(one: RouteSettings) -> Route:
    wanted = {name: frozenset(value.casefold() for value in getattr(one, name)) for name in MATCHED}
    return Route({name: values for name, values in wanted.items() if values}, tuple(one.receivers), one.severity)


def post_to(receiver: Receiver, links: Links, clock_id: str, action: Action, now: int) -> Post:
    """The request that tells this receiver the action. Raises NoSecret."""
    complete = replace(action, page=links.completed(action.page))
    if receiver.pagerduty is not None:
        one = receiver.pagerduty
        return pagerduty(one.url, secret(one.routing_key_file, one.routing_key_env), clock_id, complete, now)
    assert receiver.webhook is not None, "a receiver is one or the other"
    return _to_webhook(receiver.webhook, clock_id, complete, now)


def _to_webhook(one: Webhook, clock_id: str, action: Action, now: int) -> Post:
    signing = secret(one.secret_file, one.secret_env).encode() if one.secret_file or one.secret_env else None
    headers = {
        each.name: each.value if each.value is not None else secret(each.value_file, None) for each in one.headers
    }
    url, hidden = _address(one), [headers[each.name] for each in one.headers if each.value_file]
    if one.url_file:
        hidden.append(url)
    return replace(webhook(url, signing, headers, clock_id, action, now), secrets=tuple(hidden))


def _address(one: Webhook) -> str:
    """The address; one from a file is checked here, since the settings have not seen it."""
    if one.url is not None:
        return one.url
    url = secret(one.url_file, None)
    if address_fault(url):
        raise NoSecret(f"{one.url_file}: expected an address with https (http to this machine alone), got another")
    return url


# -- what `slamon notify --check` says


def problems(notify: Notify) -> list[str]:
    """Everything that would keep a page from its receiver, as far as it can be seen from here."""
    found = [] if notify.receivers else ["notify.receivers: expected a receiver, got none (docs/notify.md)"]
    for index, one in enumerate(notify.receivers):
        place = f"notify.receivers[{index}] ({one.name})"
        found += [f"{place}: {what}" for what in _of_receiver(one)]
        if not any(one.name in route.receivers for route in notify.routes):
            found.append(f"{place}: expected a route that leads here, got none: nobody would be told")
    return found


def _of_receiver(one: Receiver) -> Iterator[str]:
    try:
        if one.pagerduty is not None:
            yield from _of_key(one.pagerduty)
    except NoSecret as error:
        yield str(error)
    if one.webhook is not None:
        yield from _of_webhook(one.webhook)


def _of_key(one: PagerDuty) -> Iterator[str]:
    key = secret(one.routing_key_file, one.routing_key_env)
    if len(key) != ROUTING_KEY:
        where = one.routing_key_file or f"variable {one.routing_key_env}"
        yield f"{where}: expected an integration key of {ROUTING_KEY} characters, got {len(key)}"


def _of_webhook(one: Webhook) -> Iterator[str]:
    files = [(one.secret_file, one.secret_env)] if one.secret_file or one.secret_env else []
    files += [(each.value_file, None) for each in one.headers if each.value_file]
    for file, variable in files:
        try:
            secret(file, variable)
        except NoSecret as error:
            yield str(error)
    try:
        _address(one)
    except NoSecret as error:
        yield str(error)
