"""The first words with one broker: what is wrong with the security settings, told apart where a client only says "no"."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from aiokafka.conn import create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from slamon.runtime.cluster import Cluster
from slamon.runtime.finding import Finding, fail

TIMEOUT = 4.0


async def refused(cluster: Cluster, host: str, port: int, speaks_tls: Callable[[], Awaitable[bool]]) -> Finding | None:
    """What keeps this broker from talking to us with these settings, None when it told us its metadata."""
    client = cluster.client("doctor")
    client.pop("bootstrap_servers")
    protocol = str(client.get("security_protocol", "PLAINTEXT"))
    try:
        async with asyncio.timeout(TIMEOUT):
            connection = await create_conn(host, port, request_timeout_ms=int(TIMEOUT * 1000), **client)
            try:
                await connection.send(MetadataRequest([]))
            finally:
                connection.close()
    except (ssl.SSLError, KafkaError, OSError, TimeoutError, EOFError, ValueError) as error:
        return await _finding(f"{host}:{port}", protocol, client, error, speaks_tls)
    return None


async def _finding(
    where: str, protocol: str, client: dict[str, object], error: Exception, speaks_tls: Callable[[], Awaitable[bool]]
) -> Finding:
    told = _certain(where, protocol, client, error)
    if told is not None:
        return told
    tls = await speaks_tls()
    if tls and not protocol.endswith("SSL"):
        wanted = "SASL_SSL" if protocol.startswith("SASL") else "SSL"
        return fail(
            f"broker {where}: the listener speaks TLS, the settings say {protocol}",
            f"security.protocol: {wanted} (SLAMON_SECURITY__PROTOCOL={wanted})",
        )
    if not tls and protocol.endswith("SSL"):
        wanted = "SASL_PLAINTEXT" if protocol.startswith("SASL") else "PLAINTEXT"
        return fail(
            f"broker {where}: the listener speaks no TLS, the settings say {protocol}",
            f"security.protocol: {wanted} (SLAMON_SECURITY__PROTOCOL={wanted}), or the port of the TLS listener",
        )
    if tls and isinstance(error.__cause__ or error, ssl.SSLError):
        return fail(
            f"broker {where}: it ends the connection after the TLS handshake: it wants a certificate of ours, or another one",
            "security.cert_file and security.key_file: of an authority that it trusts, and not over",
        )
    if not protocol.startswith("SASL"):
        what = f"broker {where}: it accepts a connection and ends it without a word: it expects a login, or is no Kafka"
        return fail(
            what, f"security.protocol: {'SASL_SSL' if tls else 'SASL_PLAINTEXT'} with mechanism, username, password"
        )
    return fail(f"broker {where}: no answer to the login ({_said(error)})", "look at the broker's log for this address")


def _certain(where: str, protocol: str, client: dict[str, object], error: Exception) -> Finding | None:
    """What the error itself says for sure."""
    user, mechanism = client.get("sasl_plain_username"), client.get("sasl_mechanism")
    match error:
        case ssl.SSLCertVerificationError():
            return fail(
                f"broker {where}: its certificate is not trusted ({error.verify_message})",
                f"security.ca_file: the authority's PEM; see: openssl s_client -connect {where} -showcerts",
            )
        case SaslAuthenticationFailed():
            return fail(
                f"broker {where}: user {user!r} was refused ({_said(error)})",
                "security.username and security.password (or password_file) as the broker knows them",
            )
        case UnsupportedSaslMechanismError():
            return fail(
                f"broker {where}: no login by {mechanism} ({_said(error)})", "security.mechanism: one it offers"
            )
        case IllegalSaslStateError():
            return fail(
                f"broker {where}: the listener takes no login, the settings say {protocol}",
                f"security.protocol: {protocol.removeprefix('SASL_')} (SLAMON_SECURITY__PROTOCOL=...), or the SASL listener",
            )
    return None


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
