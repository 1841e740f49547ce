"""Values written through a schema registry, as JSON: the wire format, the schemas by their ids, Avro and Protobuf."""
