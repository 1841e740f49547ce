"""`.proto` text becomes the descriptor that protoc makes of it; what is not read is refused."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from slamon.registry.proto_text import descriptor
from slamon.registry.proto_tokens import NotRead


def message(text: str, name: str = "M", syntax: str = "proto3") -> descriptor_pb2.DescriptorProto:
    """The message after it was linked in a pool."""
    file = descriptor(f'syntax = "{syntax}"; {text}')
    file.name = "x.proto"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    found = descriptor_pb2.DescriptorProto()
    pool.FindMessageTypeByName(name).CopyToProto(found)
    return found


def test_names_of_types_are_looked_up_from_the_inside():
    found = message(
        "package a.b; enum E {X = 0;} message M { message E { int32 n = 1; } E e = 1; a.b.E o = 2; .a.b.M.E f = 3; b.E g = 4; }",
        "a.b.M",
    )
    assert [field.type_name for field in found.field] == [".a.b.M.E", ".a.b.E", ".a.b.M.E", ".a.b.E"]


def test_a_map_is_a_repeated_entry_and_reads_as_one():
    found = message("message V { int32 n = 1; } message M { map<string, V> by_name = 1; map<int32,string> x = 2; }")
    assert [(each.name, each.options.map_entry) for each in found.nested_type] == [
        ("ByNameEntry", True),
        ("XEntry", True),
    ]
    file = descriptor("syntax = 'proto3'; message M { map<string, int32> by_name = 1; }")
    file.name = "y.proto"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    read = message_factory.GetMessageClass(pool.FindMessageTypeByName("M")).FromString(b"\x0a\x05\x0a\x01a\x10\x07")
    assert dict(read.by_name) == {"a": 7}


def test_an_optional_field_of_proto3_stands_alone_behind_the_oneofs_that_were_written():
    found = message(
        "message M { optional int32 a = 1; oneof w { option (x) = 1; string b = 2; M c = 3; } optional M d = 4; }"
    )
    assert [each.name for each in found.oneof_decl] == ["w", "_a", "_d"]
    assert [(each.name, each.oneof_index) for each in found.field] == [("a", 1), ("b", 0), ("c", 0), ("d", 2)]


def test_words_of_the_grammar_may_be_names():
    found = message(
        "message map {} message M { string message = 1; map option = 2; bool enum = 3; optional bytes optional = 4; }"
    )
    assert [field.name for field in found.field] == ["message", "option", "enum", "optional"]


def test_proto2_is_read_without_its_defaults():
    text = 'message M { required int32 a = 1 [default = -5]; optional string b = 2 [default = "];"]; extensions 9 to max; extend M { optional int32 z = 10; } }'
    found = message(text, syntax="proto2")
    assert [(field.name, field.label) for field in found.field] == [("a", 2), ("b", 1)]


def test_numbers_are_decimal_octal_hexadecimal_and_in_enums_negative():
    file = descriptor("enum E { A = 0x10; B = 010; C = -3; }")
    assert [value.number for value in file.enum_type[0].value] == [16, 8, -3]


@pytest.mark.parametrize(
    "text",
    [
        'edition = "2023";', 'syntax = "proto4";', "message M { optional group G = 1 { } }", "message M {", "message M { int32 a = x; }",
        "message M { int32 a; }", "/* no end", 'import "a\\b";', "message " * 9, "message A {" * 40, "\ufffd", "\n\x05Other", "service S;",
        "enum E { A = ; }", "message M { int32 a = 99999999999999; }", "message M { map<string> a = 1; }", "package",
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused(text: str):
    with pytest.raises(ValueError):
        descriptor(text)


def test_the_refusal_says_what_was_there():
    with pytest.raises(NotRead, match="expected proto2 or proto3, got 'proto4'"):
        descriptor('syntax = "proto4";')
