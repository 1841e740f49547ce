"""Schemas are asked for once; a registry that is away is waited for, and one that does not know is believed."""

import asyncio
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from slamon.commands.doctor import setup_of
from slamon.registry.client import Access, Registry
from slamon.registry.opener import MAX_KEPT, Opener
from slamon.runtime.finding import Severity
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.service import doctor
from slamon.service.settings import load
from slamon.sources import SOURCES
from tests.registry.opening import no_time, opened, opener_of, refused
from tests.registry.serving import avro, framed, written
from tests.runtime.test_intake_mapping import Foreign


async def test_plain_json_and_what_is_too_large_go_by_unopened(served):
    opener = Opener(Registry(served.url, sleep=no_time), max_bytes=10)
    for value in (b"{}", b"\0abc", framed(9, b"x" * 20)):
        record = Foreign(value)
        assert await opener.open(record) is record
    assert served.asked == []


async def test_the_key_of_a_tombstone_is_opened_since_it_names_the_ticket(served):
    key = {"type": "record", "name": "Key", "fields": [{"name": "number", "type": "string"}]}
    served.by_id[8] = avro(key)
    record = await opener_of(served).open(Foreign(None, key=written(8, key, {"number": "INC1"})))
    (row,) = Mapper(1).rows(Feed("t", SOURCES["servicenow"]), record, 0)
    assert (row[1], json.loads(row[2])["event"]) == (b"INC1", "deleted")


async def test_a_schema_is_asked_for_once_and_the_longest_unused_is_forgotten(served):
    served.by_id = {number: avro("int") for number in range(MAX_KEPT + 1)}
    opener = opener_of(served)
    for number in (*range(MAX_KEPT), 0):
        assert await opened(opener, framed(number, b"\x04")) == 2
    assert len(served.asked) == MAX_KEPT
    await opened(opener, framed(MAX_KEPT, b"\x04"))
    await opened(opener, framed(0, b"\x04"))
    assert len(served.asked) == MAX_KEPT + 1
    await opened(opener, framed(1, b"\x04"))
    assert len(served.asked) == MAX_KEPT + 2


async def test_an_id_that_the_registry_does_not_know_is_a_dead_letter_after_a_moment_and_known_once_it_is_there(served):
    opener = opener_of(served)
    reason, message = await refused(opener, framed(77, b"\x04"))
    assert (reason, "got id 77" in message, len(served.asked)) == ("unknown_schema", True, 3)
    served.by_id[77] = avro("int")
    assert await opened(opener, framed(77, b"\x04")) == 2


async def test_references_of_another_form_are_told_of(served):
    served.by_id[1] = {**avro("int"), "references": [{"name": "x"}]}
    assert (await refused(opener_of(served), framed(1, b"\x04")))[0] == "unsupported_schema"


async def test_while_the_registry_gives_no_answer_the_record_waits_and_somebody_hears_of_it(served):
    served.by_id[1] = avro("int")
    served.trouble = [
        web.Response(status=503), web.Response(status=401, text='{"error_code": 401}'), web.Response(text="<html>"),
        web.json_response({"message": "no such page"}, status=404), web.json_response({"schema": 7}),
        web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), web.Response(text="x" * (5 << 20)),
    ]  # fmt: skip
    told: list[Any] = []
    opener = opener_of(served, report=lambda event, fields: told.append((event, fields["path"])))
    assert await opened(opener, framed(1, b"\x04")) == 2
    assert len(served.asked) == 8
    assert told == [("registry_unanswered", "/schemas/ids/1")]


async def test_a_registry_that_is_not_there_is_waited_for_until_somebody_stops_it():
    waits: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 7:
            enough.set()
        await asyncio.sleep(0)

    task = asyncio.create_task(Opener(Registry("http://127.0.0.1:9", sleep=sleep)).open(Foreign(framed(1, b"\x04"))))
    await asyncio.wait_for(enough.wait(), 10)
    assert not task.done()
    assert waits[:7] == [0.5, 1, 2, 4, 8, 10, 10]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_doctor_says_which_registry_gives_no_answer_and_why(served):
    there = {"name": "rows", "topic": "rows", "source": "servicenow", "registry": {"url": served.url}}
    away = {"name": "more", "topic": "more", "source": "servicenow", "registry": {"url": "http://127.0.0.1:9"}}
    plain = {"name": "none", "topic": "none", "source": "servicenow"}
    setup = setup_of(load(None, {"SLAMON_INPUTS": json.dumps([there, away, plain])}).settings)
    assert list(setup.registries) == ["rows", "more"]
    (found,) = await doctor._registries(setup)
    assert (found.severity, "registry of input more: ClientConnectorError" in found.what) == (Severity.FAIL, True)
    (found,) = await doctor._registries(replace(setup, registries={"rows": setup.registries["rows"]}))
    assert (found.severity, found.what) == (Severity.OK, "registries: all 1 answer")
    served.trouble = [web.Response(status=401)]
    (found,) = await doctor._registries(replace(setup, registries={"rows": setup.registries["rows"]}))
    assert found.severity is Severity.FAIL
    assert await doctor._registries(replace(setup, registries={})) == []


async def test_who_asks_is_read_from_files_at_each_question_and_said_to_nobody(served, tmp_path: Path):
    served.by_id = {1: avro("int"), 2: avro("int")}
    served.trouble = [web.Response(status=403)]
    user = tmp_path / "user"
    user.write_text("slamon:first-password\n")
    told: list[Any] = []
    access = Access(user_file=user)
    registry = Registry(served.url, access, report=lambda *said: told.append(said), sleep=no_time)
    await opened(Opener(registry), framed(1, b"\x04"))
    user.write_text("slamon:second-password\n")
    await opened(Opener(registry), framed(2, b"\x04"))
    assert served.said == ["Basic c2xhbW9uOmZpcnN0LXBhc3N3b3Jk"] * 2 + ["Basic c2xhbW9uOnNlY29uZC1wYXNzd29yZA=="]
    token = tmp_path / "token"
    token.write_text("a-token\n")
    await Registry(served.url, Access(token_file=token)).schema(1)
    assert served.said[-1] == "Bearer a-token"
    assert "password" not in str(told) + repr(registry)


def test_a_schema_id_is_four_bytes_big_endian():
    assert framed(258, b"") == b"\0" + struct.pack(">I", 258)
