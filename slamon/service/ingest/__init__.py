"""`POST /ingest/NAME`: foreign records over HTTP into the topic of an input, answered once the broker has them."""

from slamon.service.ingest.build import ingest_of
from slamon.service.ingest.doors import Door, Ingest

__all__ = ["Door", "Ingest", "ingest_of"]
