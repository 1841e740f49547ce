"""`slamon simulate` towards a broker: the records arrive, keyed, in the partition of their ticket; Ctrl-C ends it with counts."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from slamon.engine.codec import decode_service, decode_ticket
from slamon.engine.partitioner import partition_of
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import create
from tests.cli.calling import call
from tests.integration.reading import everything

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
PARTITIONS = 3


@pytest.fixture
def cluster(kafka, kafka_prefix) -> KafkaCluster:
    asyncio.run(create(kafka.bootstrap, kafka_prefix, PARTITIONS))
    return KafkaCluster(kafka.bootstrap, kafka_prefix)


def options(cluster: KafkaCluster) -> list[str]:
    return ["simulate", "--bootstrap", cluster.bootstrap, "--prefix", cluster.prefix]


def arrived(cluster: KafkaCluster, role: str = "tickets") -> list[ConsumerRecord]:
    return asyncio.run(everything(cluster, cluster.topic(role)))


def test_every_record_arrives_in_the_partition_of_its_ticket(cluster):
    said = call(*options(cluster), "--count", 8, "--rate", 50, "--speed", 200)
    assert said.code == 0, said.err
    (sent, tickets) = map(int, re.findall(r"sent (\d+) records of (\d+) tickets", said.out)[0])
    records = arrived(cluster)
    assert (len(records), tickets) == (sent, 8)
    for record in records:
        told = decode_ticket(record.value, record.headers, record.key, record.timestamp)
        assert told.ticket == record.key.decode()
        assert record.partition == partition_of(record.key, PARTITIONS)
        assert told.at <= record.timestamp + 1000


def test_words_of_services_arrive_beside_the_tickets_each_in_the_partition_of_its_service(cluster):
    said = call(*options(cluster), "--services", 4, "--beat", "500ms", "--rate", 5, "--for", "3s")
    assert said.code == 0, said.err
    (sent, services) = map(int, re.findall(r"sent (\d+) records of \d+ tickets and (\d+) services", said.out)[0])
    records = arrived(cluster, "uptime")
    assert (len(records) + len(arrived(cluster)), services) == (sent, 4)
    for record in records:
        told = decode_service(record.value, record.headers, record.key, record.timestamp)
        assert record.partition == partition_of(told.service.encode(), PARTITIONS)


def test_ctrl_c_ends_it_with_counts(cluster):
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "slamon", *options(cluster), "--rate", "50"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=ROOT,
    )  # fmt: skip
    assert process.stderr is not None
    assert "Ctrl-C ends it" in process.stderr.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    (sent,) = map(int, re.findall(r"^sent (\d+) records of \d+ tickets", out))
    assert len(arrived(cluster)) == sent > 0


def test_a_topic_that_is_not_there_is_not_made_by_the_way(cluster):
    said = call("simulate", "--bootstrap", cluster.bootstrap, "--prefix", "nobody.", "--for", "1s")
    hint = f"slamon topics create --bootstrap {cluster.bootstrap} --prefix nobody."
    assert said == (1, "", f"nobody.tickets: expected a topic, got none (hint: {hint})\n")


@pytest.mark.parametrize("option", ["--rate", "--speed"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "nan", "inf"])
def test_a_rate_or_speed_that_is_none_is_refused(option, value):
    said = call("simulate", f"{option}={value}")
    assert (said.code, f"argument {option}: expected a number above 0, got '{value}'" in said.err) == (2, True)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "²"])
def test_a_count_that_is_none_is_refused(value):
    said = call("simulate", f"--count={value}")
    assert (said.code, f"argument --count: expected a whole number above 0, got '{value}'" in said.err) == (2, True)


def test_a_beat_of_no_length_is_refused():
    said = call("simulate", "--beat=0s")
    assert (said.code, "argument --beat: expected more than zero, got '0s'" in said.err) == (2, True)


def test_a_span_without_a_unit_is_refused():
    said = call("demo", "--for", "60")
    assert said.code == 2
    assert "argument --for: expected a duration like '4h', '30m' or '1h30m', got '60'" in said.err
