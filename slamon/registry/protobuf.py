"""Protobuf: messages of a schema that the registry has as `.proto` text or as a descriptor."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.message import DecodeError, Message

from slamon.registry import proto_text
from slamon.registry.plain import text_of
from slamon.registry.reasons import unsupported
from slamon.sla.events import InvalidRecord

Decode = Callable[[bytes], Any]
MAX_PATH = 16
GIVEN = {
    module.DESCRIPTOR.name: module.DESCRIPTOR
    for module in (
        any_pb2,
        descriptor_pb2,
        duration_pb2,
        empty_pb2,
        field_mask_pb2,
        struct_pb2,
        timestamp_pb2,
        wrappers_pb2,
    )
}
ONLY_OPTIONS = frozenset({"confluent/meta.proto"})  # what Connect imports for notes on fields; no value is of its types


def readable(text: str) -> bool:
    """Whether it is a descriptor in base64, which some producers register, or text that is read here."""
    try:
        _file(text, "")
    except InvalidRecord:
        return False
    return True


def decoder(schema: str, references: Mapping[str, str]) -> Decode:
    """What turns the bytes behind the schema id into JSON values; `references` are by the names they are imported under.

    Each file is a descriptor or text. Raises InvalidRecord for a schema that is not read by.
    """
    pool = descriptor_pool.DescriptorPool()
    added: set[str] = set()
    file = _file(schema, "value.proto")
    try:
        _add(pool, file, references, added, ())
        root = pool.FindFileByName(file.name)
    except (TypeError, KeyError, RecursionError) as error:
        raise unsupported(f"Protobuf whose imports are all there, got {type(error).__name__}: {error}") from None
    messages = [root.message_types_by_name[one.name] for one in file.message_type]

    def decode(body: bytes) -> Any:
        path, start = _path(body)
        if path[0] >= len(messages):
            raise ValueError(f"message {path[0]} of {len(messages)}")
        descriptor = messages[path[0]]
        for index in path[1:]:
            descriptor = descriptor.nested_types[index]
        message = message_factory.GetMessageClass(descriptor)()
        message.ParseFromString(body[start:])
        return _plain(message)

    return decode


def _described(text: str) -> descriptor_pb2.FileDescriptorProto | None:
    try:
        file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, DecodeError):
        return None
    return file if file.message_type or file.enum_type or file.dependency else None


def _file(text: str, name: str) -> descriptor_pb2.FileDescriptorProto:
    file = _described(text)
    if file is None:
        try:
            file = proto_text.descriptor(text)
        except ValueError as error:
            raise unsupported(f"Protobuf that is read here ({error!s:.200})") from None
    file.name = name
    kept = [each for each in file.dependency if each not in ONLY_OPTIONS]
    if len(kept) != len(file.dependency):
        del file.dependency[:], file.public_dependency[:], file.weak_dependency[:]
        file.dependency.extend(kept)
    return file


def _add(
    pool: descriptor_pool.DescriptorPool,
    file: descriptor_pb2.FileDescriptorProto,
    references: Mapping[str, str],
    added: set[str],
    within: tuple[str, ...],
) -> None:
    """The file behind everything it imports."""
    for name in file.dependency:
        if name in added or name in within:
            continue
        if name in GIVEN:
            pool.AddSerializedFile(GIVEN[name].serialized_pb)
        elif name in references:
            _add(pool, _file(references[name], name), references, added, (*within, name))
        else:
            raise unsupported(f"imports that the registry lists as references, got {name}")
        added.add(name)
    pool.AddSerializedFile(file.SerializeToString())


def _path(body: bytes) -> tuple[list[int], int]:
    """Which message of the file it is, and where its bytes begin: a count and indexes as zigzag varints, 0 for [0]."""
    count, at = _varint(body, 0)
    if count == 0:
        return [0], at
    if not 0 < count <= MAX_PATH:
        raise ValueError(f"{count} message indexes")
    path = []
    for _ in range(count):
        index, at = _varint(body, at)
        if index < 0:
            raise ValueError(f"message index {index}")
        path.append(index)
    return path, at


def _varint(body: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    while shift < 35:
        if at >= len(body):
            raise ValueError("no message indexes")
        byte = body[at]
        found, shift, at = found | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return (found >> 1) ^ -(found & 1), at
    raise ValueError("a message index without end")


def _plain(message: Message) -> Any:
    """The message by the names of its fields. A field that may be absent and is, is left out; any other has its value."""
    name = message.DESCRIPTOR.full_name
    if name.startswith("google.protobuf."):
        wrapped = name.endswith("Value") and "value" in message.DESCRIPTOR.fields_by_name
        if wrapped and message.DESCRIPTOR.file.name == "google/protobuf/wrappers.proto":
            return _scalar(message.DESCRIPTOR.fields_by_name["value"], message.value)
        return json_format.MessageToDict(message)
    return {
        field.name: _field(field, getattr(message, field.name))
        for field in message.DESCRIPTOR.fields
        if not field.has_presence or message.HasField(field.name)
    }


def _field(field: Any, value: Any) -> Any:
    if not field.is_repeated:
        return _scalar(field, value)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        of = field.message_type.fields_by_name["value"]
        return {str(key): _scalar(of, value[key]) for key in value}
    return [_scalar(field, one) for one in value]


def _scalar(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return _plain(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    return text_of(value) if isinstance(value, bytes) else value
