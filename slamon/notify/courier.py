"""One request over HTTP and what its answer means: no redirect is followed, and no answer is waited for without end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from slamon import __version__
from slamon.notify.attempt import Again, Outcome, judged
from slamon.notify.incident import Action
from slamon.notify.post import Post
from slamon.notify.receivers import Links, post_to
from slamon.notify.secret_files import NoSecret
from slamon.service.settings.notify import Receiver

MAX_ANSWER = 4096  # bytes looked at, for the log
SHOWN_ANSWER = 200
AGENT = f"slamon/{__version__}"


@dataclass(frozen=True, slots=True)
class Courier:
    """Speaks with one receiver. `now` is the wall clock in milliseconds."""

    receiver: Receiver
    links: Links
    now: Callable[[], int]

    def session(self) -> aiohttp.ClientSession:
        """The connections to the receiver: one, since its pages go one after the other."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1, force_close=False),
            timeout=aiohttp.ClientTimeout(total=self.receiver.timeout / 1000),
            headers={"User-Agent": AGENT},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # neither a proxy nor a .netrc that nobody thought of here
        )

    async def tell(self, session: aiohttp.ClientSession, clock_id: str, action: Action) -> Outcome:
        """What became of one attempt; nothing of a secret is in it."""
        try:
            post = post_to(self.receiver, self.links, clock_id, action, self.now())
        except NoSecret as error:
            return Again(str(error))
        try:
            return await _sent(session, post)
        except TimeoutError:
            return Again(f"no answer within {self.receiver.timeout / 1000:g} s")
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            return Again(_said(error))


async def _sent(session: aiohttp.ClientSession, post: Post) -> Outcome:
    async with session.post(post.url, data=post.body, headers=post.headers, allow_redirects=False) as answer:
        said = "" if answer.ok else await _first_words(answer, post.secrets)
        return judged(answer.status, answer.headers.get("Retry-After"), datetime.now(UTC), said)


async def _first_words(answer: aiohttp.ClientResponse, secrets: Sequence[str]) -> str:
    """What the receiver says of a page it did not take, for the log: some repeat what they were sent."""
    raw = await answer.content.read(MAX_ANSWER)
    said = " ".join(raw.decode("utf-8", "replace").split())
    for each in secrets:
        said = said.replace(each, "***")
    return said[:SHOWN_ANSWER]


def _said(error: BaseException) -> str:
    """The kind of the failure alone where its text shows the address, which may be a secret."""
    told = getattr(error, "os_error", None) or error
    reason = getattr(told, "strerror", None)
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__
