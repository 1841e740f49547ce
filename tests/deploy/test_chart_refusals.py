"""Values that would end in a crash loop, a leak or a promise nobody hears of are refused before anything is installed."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.test_chart import CHART, HELMS

# What is given on top of ci/one-file-values.yaml, and what helm says. What the schema refuses helm 3 words otherwise than helm 4.
REFUSED = {
    "a value nobody knows": ("replica=3", "replica"),
    "a setting nobody knows": ("settings.partition=3", "partition"),
    "a setting that is the chart's own": ("settings.http_port=80", "http_port"),
    "more copies than there can be": ("settings.standby_replicas=2", "standby_replicas"),
    "a span without its unit": ("settings.limits.settle=30", "settle"),
    "a token instead of a Secret": ("access.tokens=opensesame", "tokens"),
    "a Secret by a name it cannot have": ("access.tokens.secret=Open Sesame", "secret"),
    "a secret of ingest in the settings": (
        'settings.inputs=[{"name":"pd","topic":"pd","source":"pagerduty","ingest":{"secrets":["0123456789abcdef"]}}]',
        "secrets",
    ),
    "ingest without a secret": (
        'settings.inputs=[{"name":"pd","topic":"pd","source":"pagerduty","ingest":{}}]',
        "secret_files",
    ),
    "a key of PagerDuty in the settings": (
        'notify.settings.receivers=[{"name":"duty","pagerduty":{"routing_key":"R0"}}]',
        "routing_key",
    ),
    "SASL without credentials": (
        "security.protocol=SASL_SSL",
        "security.credentials.secret: expected the name of a Secret",
    ),
    "SASL without a mechanism": (
        "security.protocol=SASL_SSL,security.credentials.secret=k",
        "security.mechanism: expected a mechanism",
    ),
    "an authority without TLS": ("security.authority.secret=ca", "security.protocol: expected SSL or SASL_SSL"),
    "policies twice": (
        "policies.existingConfigMap=promises",
        "policies: expected files or existingConfigMap, got both",
    ),
    "no policies": ("policies.files=null", "policies: expected files or existingConfigMap, got neither"),
    "client certificates without TLS": ("access.clients.secret=ca", "access.certificate.secret: expected a Secret"),
    "metrics that nobody could read": ("access.metricsAuth=true", "access.metricsAuth: expected access.tokens.secret"),
    "metrics that Prometheus could not read": (
        "access.metricsAuth=true,access.tokens.secret=api,monitoring.podMonitor.enabled=true",
        "access.tokens.metricsKey: expected the key",
    ),
    "a notifier with nobody to tell": ("notify.enabled=true", "notify.settings: expected receivers and routes"),
    "a user of the notifier where nobody logs in": (
        "notify.kafka.credentials.secret=n",
        "notify.kafka.credentials: expected none with security.protocol PLAINTEXT",
    ),
    "a certificate of the notifier without TLS": (
        "notify.kafka.certificate.secret=n",
        "notify.kafka.certificate: expected none with security.protocol PLAINTEXT",
    ),
    "a user of the notifier's own who is the workers'": (
        "security.credentials.username=u,notify.kafka.credentials.username=u",
        "notify.kafka.credentials.username: expected another user",
    ),
    "a password of the notifier in the values": ("notify.kafka.credentials.password=opensesame", "password"),
    "Strimzi without a cluster": ("strimzi.topics=true", "strimzi.cluster: expected the name"),
    "a user who cannot log in": (
        "strimzi.user=true,strimzi.cluster=shop",
        "security: expected SCRAM-SHA-512 or a certificate",
    ),
    "a job before the user it needs": (
        "strimzi.user=true,strimzi.cluster=shop,security.protocol=SSL,security.certificate.secret=c",
        "strimzi.topics: expected true with strimzi.user",
    ),
    "brokers that the network keeps away": (
        "networkPolicy.enabled=true,settings.bootstrap=kafka:9093",
        "networkPolicy.kafka.ports: expected the port of kafka:9093",
    ),
}


@pytest.mark.skipif(not HELMS, reason="helm is not here (.ci/helm brings it)")
@pytest.mark.parametrize("helm", HELMS, ids=[path.parent.name for path in HELMS])
@pytest.mark.parametrize("what", REFUSED)
def test_wrong_values_are_refused_with_a_word_on_why(helm: Path, what: str) -> None:
    given, said = REFUSED[what]
    flag = "--set-json" if "[" in given else "--set"
    values = CHART / "ci" / "one-file-values.yaml"
    ran = subprocess.run(
        [helm, "template", "release", CHART, "--values", values, flag, given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0, "helm accepted it"
    assert said in ran.stderr
