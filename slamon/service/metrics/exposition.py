"""A registry as Prometheus reads it, in the form that is asked for."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


def exposition(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """The page and its content type; whoever asks for a version that is none gets the plain form, as who asks for nothing."""
    try:
        generate, content_type = choose_encoder(accept)
        return generate(registry), content_type
    except (TypeError, ValueError):
        generate, content_type = choose_encoder("")
        return generate(registry), content_type
