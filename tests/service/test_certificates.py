"""When the certificates of a worker end, as its metrics say it."""

from datetime import UTC, datetime
from pathlib import Path

from structlog.testing import capture_logs

from slamon.service.certificates import end_followed
from slamon.service.metrics import Metrics
from tests.service.certificates import chain
from tests.service.test_metrics import samples

SOON, LATER = datetime(2027, 1, 31, 23, 59, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
METRIC = "slamon_certificate_end_timestamp_seconds"


def test_a_certificate_ends_with_the_first_of_its_chain(tmp_path: Path) -> None:
    file, metrics = tmp_path / "client.pem", Metrics()
    file.write_bytes(chain(LATER, SOON))
    assert samples(metrics, METRIC) == {("kafka",): 0, ("http",): 0}
    metrics.on_certificate("kafka", end_followed(file)())
    assert samples(metrics, METRIC) == {("kafka",): SOON.timestamp(), ("http",): 0}


def test_without_a_certificate_nothing_ends() -> None:
    assert end_followed(None)() == 0


def test_one_that_is_followed_ends_as_its_file_says_now(tmp_path: Path) -> None:
    file = tmp_path / "port.pem"
    file.write_bytes(chain(SOON))
    end = end_followed(file)
    assert end() == SOON.timestamp()
    file.write_bytes(chain(LATER, LATER))
    assert end() == LATER.timestamp()
    file.write_text("torn")
    assert end() == LATER.timestamp(), "as the port, which goes on with the last good one"


def test_a_certificate_that_nobody_can_read_is_told_and_ends_no_worker(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n")
    with capture_logs() as told:
        assert end_followed(file)() == 0
    assert [line["event"] for line in told] == ["certificate_unread"]
