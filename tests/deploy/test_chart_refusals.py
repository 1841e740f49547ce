"""Values that would end in a crash loop, a leak or a promise nobody hears of are refused before anything is installed."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.test_chart import CHART, HELMS

BEARER = "security.protocol=SASL_SSL,security.mechanism=OAUTHBEARER,security.credentials.secret=k"
SERVER = "security.tokenServer.url=https://login.example.com"
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
    "a mechanism nobody knows": ("security.protocol=SASL_SSL,security.mechanism=GSSAPI", "mechanism"),
    "a token server without a client": (
        f"{BEARER},{SERVER}",
        "security.credentials.clientId: expected a client with security.tokenServer.url",
    ),
    "a client without a token server": (
        f"{BEARER},security.credentials.clientId=c",
        "security.tokenServer.url: expected an address with security.credentials.clientId",
    ),
    "a scope that nobody is asked for": (
        f"{BEARER},security.tokenServer.scope=kafka",
        "security.tokenServer.url: expected an address where a scope",
    ),
    "a token server for a login by password": (
        f"security.protocol=SASL_SSL,security.mechanism=PLAIN,security.credentials.secret=k,{SERVER}",
        "security.tokenServer.url: expected nothing with mechanism PLAIN",
    ),
    "a token server without TLS": (f"{BEARER},security.tokenServer.url=http://login.example.com/token", "url"),
    "a token server with a password in its address": (
        f"{BEARER},security.tokenServer.url=https://u:p@login.example.com/token",
        "url",
    ),
    "a secret of the client in the values": (f"{BEARER},{SERVER},security.credentials.clientSecret=x", "clientSecret"),
    "a token in the values": (f"{BEARER},security.credentials.token=x", "token"),
    "a name beside a token": (
        f"{BEARER},security.credentials.username=u",
        "security.credentials.username: expected nothing with OAUTHBEARER",
    ),
    "rights for a name that only the token tells": (
        f"{BEARER},strimzi.user=true,strimzi.topics=true,strimzi.cluster=shop",
        "security.credentials.username: expected the name that the brokers find",
    ),
    "a notifier of its own that is no client": (
        f"{BEARER},{SERVER},security.credentials.clientId=c,notify.kafka.credentials.secret=n",
        "notify.kafka.credentials.clientId: expected a client",
    ),
    "a notifier of its own that is the workers' client": (
        f"{BEARER},{SERVER},security.credentials.clientId=c,notify.kafka.credentials.secret=n,notify.kafka.credentials.clientId=c",
        "notify.kafka.credentials.clientId: expected another user",
    ),
    "a token server that the network keeps away": (
        f"networkPolicy.enabled=true,{BEARER},security.credentials.clientId=c,{SERVER}:8443",
        "networkPolicy.tokenServer.ports: expected the port of https://login.example.com:8443",
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
        "security: expected SCRAM-SHA-512, OAUTHBEARER or a certificate",
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
