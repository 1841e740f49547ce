"""`.proto` text as the descriptor that protoc makes of it, as far as values are read by it: without options, services and extensions.

For registries that know no `format=serialized`, or give something else for it. The grammar is that of protobuf.dev/reference.
"""

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from slamon.registry.proto_tokens import NotRead, Tokens, tokens_of

MAX_DEPTH = 32
LABELS = {
    "optional": FieldDescriptorProto.LABEL_OPTIONAL,
    "required": FieldDescriptorProto.LABEL_REQUIRED,
    "repeated": FieldDescriptorProto.LABEL_REPEATED,
}
NAMED = frozenset({"group", "message", "enum"})
SCALARS = {
    name: number
    for word, number in FieldDescriptorProto.Type.items()
    if (name := word.removeprefix("TYPE_").lower()) not in NAMED
}
NEVER_A_TYPE = frozenset(["group", "stream", "rpc", "returns"])


def descriptor(text: str) -> FileDescriptorProto:
    """The file; raises NotRead. Names of types stay as they are written: who links the files looks them up."""
    file = FileDescriptorProto(syntax="proto2")
    _File(Tokens(list(tokens_of(text))), file).read()
    return file


class _File:
    def __init__(self, tokens: Tokens, file: FileDescriptorProto) -> None:
        self._at, self._file = tokens, file

    def read(self) -> None:
        while self._at.next:
            word = self._at.take()
            if word == "syntax":
                self._syntax()
            elif word == "package":
                self._file.package = self._at.take()
            elif word == "import":
                self._import()
            elif word == "message":
                self._message(self._file.message_type.add(), 0)
            elif word == "enum":
                self._enum(self._file.enum_type.add())
            elif word == "option":
                self._at.skip(";")
            elif word in {"service", "extend"}:
                self._skip_block()
            elif word != ";":
                raise NotRead(f"expected a statement of proto2 or proto3, got {word!r:.40}")

    def _syntax(self) -> None:
        self._at.expect("=")
        self._file.syntax = self._at.string()
        if self._file.syntax not in {"proto2", "proto3"}:
            raise NotRead(f"expected proto2 or proto3, got {self._file.syntax!r:.40}")

    def _import(self) -> None:
        if self._at.taken("public"):
            self._file.public_dependency.append(len(self._file.dependency))
        else:
            self._at.taken("weak")
        self._file.dependency.append(self._at.string())

    def _skip_block(self) -> None:
        self._at.take()
        self._at.expect("{")
        self._at.skip("}")

    def _message(self, message: DescriptorProto, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise NotRead(f"expected at most {MAX_DEPTH} messages in each other")
        at = self._at
        message.name = at.take()
        for word in at.block():
            if word == "message":
                at.take()
                self._message(message.nested_type.add(), depth + 1)
            elif word == "enum":
                at.take()
                self._enum(message.enum_type.add())
            elif word == "oneof":
                at.take()
                self._oneof(message)
            elif word == "extend":
                at.take()
                self._skip_block()
            elif word in ("option", "reserved", "extensions"):
                at.skip(";")
            else:
                self._field(message)
        self._optional(message)

    def _oneof(self, message: DescriptorProto) -> None:
        number = len(message.oneof_decl)
        message.oneof_decl.add(name=self._at.take())
        for word in self._at.block():
            if word == "option":
                self._at.skip(";")
            else:
                self._field(message).oneof_index = number

    def _field(self, message: DescriptorProto) -> FieldDescriptorProto:
        at = self._at
        label = at.take() if at.next in LABELS else ""
        kind = at.take()
        if kind in NEVER_A_TYPE:
            raise NotRead(f"expected a field, got {kind}")
        field = message.field.add(label=LABELS.get(label, FieldDescriptorProto.LABEL_OPTIONAL))
        entry = self._map(field) if kind == "map" and at.taken("<") else None
        field.name = at.take()
        at.expect("=")
        field.number = at.number()
        at.options()
        at.expect(";")
        if entry is not None:
            self._entry(message, field, entry)
        else:
            self._type(field, kind)
        field.proto3_optional = label == "optional" and self._file.syntax == "proto3"
        return field

    @staticmethod
    def _type(field: FieldDescriptorProto, kind: str) -> None:
        if kind in SCALARS:
            field.type = SCALARS[kind]
        else:
            field.type_name = kind

    def _map(self, field: FieldDescriptorProto) -> tuple[str, str]:
        key = self._at.take()
        self._at.expect(",")
        value = self._at.take()
        self._at.expect(">")
        field.label = FieldDescriptorProto.LABEL_REPEATED
        return key, value

    def _entry(self, message: DescriptorProto, field: FieldDescriptorProto, kinds: tuple[str, str]) -> None:
        entry = message.nested_type.add(name="".join(f"{part[:1].upper()}{part[1:]}" for part in field.name.split("_")))
        entry.name += "Entry"
        entry.options.map_entry = True
        for number, (name, kind) in enumerate(zip(("key", "value"), kinds, strict=True), 1):
            self._type(entry.field.add(name=name, number=number, label=LABELS["optional"]), kind)
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, entry.name

    @staticmethod
    def _optional(message: DescriptorProto) -> None:
        """Each `optional` of proto3 is alone in a oneof behind those that were written."""
        for field in message.field:
            if field.proto3_optional:
                field.oneof_index = len(message.oneof_decl)
                message.oneof_decl.add(name=f"_{field.name}")

    def _enum(self, enum: EnumDescriptorProto) -> None:
        at = self._at
        enum.name = at.take()
        for word in at.block():
            if word in ("option", "reserved"):
                enum.options.allow_alias |= at.skip(";") == ["option", "allow_alias", "=", "true"]
                continue
            value = enum.value.add(name=at.take())
            at.expect("=")
            value.number = at.number()
            at.options()
            at.expect(";")
