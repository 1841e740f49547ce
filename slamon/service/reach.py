"""Whether an address can be reached at all: its name, its port, and whether the port speaks TLS. Knows no Kafka."""

import asyncio
import socket
import ssl
from dataclasses import dataclass

from slamon.runtime.finding import Finding, fail

TIMEOUT = 2.5


@dataclass(frozen=True, slots=True)
class Address:
    """One `host:port`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def addresses(bootstrap: str) -> list[Address]:
    """The brokers of a bootstrap setting; raises ValueError naming the one that is none."""
    found = []
    for part in filter(None, (each.strip() for each in bootstrap.split(","))):
        host, _, port = part.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"bootstrap: expected host:port, separated by commas, got {part!r}")
        found.append(Address(host.strip("[]"), int(port)))
    if not found:
        raise ValueError("bootstrap: expected host:port, separated by commas, got nothing")
    return found


async def unreachable(address: Address, called: str, repair: str) -> Finding | None:
    """What keeps a connection from this address, None when one was made; `called` says what it is, `repair` what else to do."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        return fail(
            f"{called} {address}: the name does not resolve ({_said(error)})",
            f"getent hosts {address.host}   # {repair}",
        )
    try:
        async with asyncio.timeout(TIMEOUT):
            _, writer = await asyncio.open_connection(address.host, address.port)
    except TimeoutError:
        what = f"{called} {address}: no answer within {TIMEOUT} s (a firewall, a network policy, or a wrong address)"
        return fail(what, f"nc -vz {address.host} {address.port}   # {repair}")
    except OSError as error:
        what = f"{called} {address}: nobody listens there ({_said(error)})"
        return fail(what, f"nc -vz {address.host} {address.port}   # {repair}")
    writer.close()
    return None


async def speaks_tls(address: Address) -> bool:
    """Whether a TLS handshake succeeds there, whatever the certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(TIMEOUT):
            _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    except ssl.SSLError as error:
        # A listener that asks for a client certificate has spoken TLS before it refuses us.
        return "CERTIFICATE_REQUIRED" in str(error) or "ALERT" in str(error)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
