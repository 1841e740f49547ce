"""A `.proto` file as its author wrote it and as protoc makes it, with one that it imports."""

from google.protobuf import descriptor_pb2

WHO = "syntax = 'proto3'; package who; message Who { string name = 1; }"
TEXT = """
syntax = "proto3";  // as somebody wrote it
package sn;
import "google/protobuf/timestamp.proto";
import "who/who.proto";
import "confluent/meta.proto";
option java_package = "org.example"; option (whole) = { a: "};" b: [1, 2] };
/* message Gone { } */
message Other {}
message Row {
  reserved 8 to 11, 20 to max;
  string number = 1 [(confluent.field_meta) = { doc: "the ticket];" }];
  int64 sys_mod_count = 2;
  google.protobuf.Timestamp sys_updated_on = 3;
  repeated string tags = 4;
  who.Who by = 5;
  Kind kind = 0x06;
  optional string note = 7 [deprecated = true];
  string state = 12;
  message Part { int32 n = 1; };
  enum Kind { option allow_alias = true; TASK = 0; INCIDENT = 1; CASE = 1; }
}
service Rows { rpc Get(Other) returns (stream Row) { option (http) = { get: "/{x}" }; } }
"""


def proto() -> descriptor_pb2.FileDescriptorProto:
    """What protoc makes of a file with messages Other and Row, Row with a nested Part, importing who.proto and a timestamp."""
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="sn", syntax="proto3")
    file.dependency.extend(["google/protobuf/timestamp.proto", "who/who.proto", "confluent/meta.proto"])
    file.message_type.add(name="Other")
    row = file.message_type.add(name="Row")
    of = descriptor_pb2.FieldDescriptorProto
    row.field.add(name="number", number=1, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL)
    row.field.add(name="sys_mod_count", number=2, type=of.TYPE_INT64, label=of.LABEL_OPTIONAL)
    row.field.add(
        name="sys_updated_on",
        number=3,
        type=of.TYPE_MESSAGE,
        type_name=".google.protobuf.Timestamp",
        label=of.LABEL_OPTIONAL,
    )
    row.field.add(name="tags", number=4, type=of.TYPE_STRING, label=of.LABEL_REPEATED)
    row.field.add(name="by", number=5, type=of.TYPE_MESSAGE, type_name=".who.Who", label=of.LABEL_OPTIONAL)
    row.field.add(name="kind", number=6, type=of.TYPE_ENUM, type_name=".sn.Row.Kind", label=of.LABEL_OPTIONAL)
    row.field.add(
        name="note", number=7, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL, oneof_index=0, proto3_optional=True
    )
    row.oneof_decl.add(name="_note")
    row.field.add(name="state", number=12, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL)
    kind = row.enum_type.add(name="Kind")
    kind.value.add(name="TASK", number=0)
    kind.value.add(name="INCIDENT", number=1)
    part = row.nested_type.add(name="Part")
    part.field.add(name="n", number=1, type=of.TYPE_INT32, label=of.LABEL_OPTIONAL)
    return file


def who() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="w.proto", package="who", syntax="proto3")
    of = descriptor_pb2.FieldDescriptorProto
    file.message_type.add(name="Who").field.add(name="name", number=1, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL)
    return file
