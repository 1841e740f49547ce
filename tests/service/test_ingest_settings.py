"""The part of an input that opens it to HTTP: never without a secret, and the secret is never told."""

import json

import pytest

from slamon.service.settings import load, print_config
from tests.service.test_settings import refused

SECRET = "correct-horse-battery-staple"


def with_ingest(**ingest: object) -> dict[str, str]:
    return {"SLAMON_INPUTS": json.dumps([{"name": "am", "topic": "t", "source": "jira", "ingest": ingest}])}


def test_without_an_ingest_part_nobody_may_post():
    (one,) = load(None, {"SLAMON_INPUTS": "[{name: a, topic: t, source: jira}]"}).settings.inputs
    assert one.ingest is None


@pytest.mark.parametrize(
    ("ingest", "proof_in"),
    [
        ({}, ("Authorization", "Bearer ")),
        ({"header": "X-Api-Key", "prefix": ""}, ("X-Api-Key", "")),
        ({"scheme": "hmac-sha256"}, ("X-Hub-Signature-256", "sha256=")),
        ({"scheme": "jira"}, ("X-Hub-Signature", "sha256=")),
        ({"scheme": "zendesk", "max_age": "2m"}, ("X-Zendesk-Webhook-Signature", "")),
        (
            {"scheme": "hmac-sha256", "header": "X-PagerDuty-Signature", "prefix": "v1="},
            ("X-PagerDuty-Signature", "v1="),
        ),
    ],
)
def test_the_proof_stands_where_the_scheme_has_it_unless_told(ingest, proof_in):
    (one,) = load(None, with_ingest(secrets=[SECRET], **ingest)).settings.inputs
    assert one.ingest.proof_in == proof_in


@pytest.mark.parametrize(
    ("ingest", "problem"),
    [
        ({}, "ingest.secret_files: expected a secret: nobody may post without one, got nothing (openssl rand -hex 32)"),
        ({"secrets": []}, "ingest.secret_files: expected a secret: nobody may post without one, got nothing (openssl rand -hex 32)"),
        ({"secrets": ["hunter2"]}, "ingest.secrets[0]: expected a text of at least 16 characters, got ***"),
        ({"secrets": "hunter2-hunter2-hunter2"}, "ingest.secrets: expected a list, got ***"),
        ({"secrets": [SECRET], "scheme": "hmac"}, "ingest.scheme: expected one of 'bearer', 'basic', 'hmac-sha256', 'token', 'github', 'jira', 'pagerduty' or 'zendesk', got 'hmac'"),
        ({"secrets": [SECRET], "scheme": "token", "header": "X-A"}, "ingest.header: expected nothing with token, which stands in the address, got 'a header or prefix'"),
        ({"secrets": [SECRET], "scheme": "jira", "header": "X-A"}, "ingest.header: expected nothing with jira, which stands in X-Hub-Signature, got 'a header or prefix'"),
        ({"secrets": [SECRET], "scheme": "github", "max_age": "1m"}, "ingest.max_age: expected nothing with github, which signs no time, got 'a span'"),
        ({"secrets": [SECRET], "max_body": "1MiB"}, "ingest.max_body: expected at most limits.max_record, got '1048576 bytes' (what is longer would end in the dead letter)"),
        ({"secret_files": ["/nowhere/secret"]}, "ingest.secret_files[0]: expected a readable file, got '/nowhere/secret' (No such file or directory: is the secret mounted?)"),
    ],
)  # fmt: skip
def test_an_ingest_that_would_let_anybody_in_is_refused(ingest, problem):
    (found,) = refused(with_ingest(**ingest))
    assert found.startswith(f"SLAMON_INPUTS: inputs[0].{problem}")


def test_a_secret_file_of_short_lines_is_refused_without_repeating_them(tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\nhunter2\n")
    (found,) = refused(with_ingest(secret_files=[str(tmp_path / "secret")]))
    assert "expected secrets of at least 16 characters, one a line, got" in found
    assert "hunter2" not in found


def test_the_secrets_of_an_ingest_are_nowhere_to_be_seen():
    loaded = load(None, with_ingest(secrets=[SECRET]))
    assert SECRET not in repr(loaded) + str(loaded.settings) + print_config(loaded) + loaded.settings.model_dump_json()
    broken = [
        {"SLAMON_INPUTS": f"[{{ingest: {{secrets: [{SECRET}]"},
        with_ingest(secrets=[SECRET], scheme="x", prefx=1),
    ]
    for environ in [*broken, {"SLAMON_INPUTS": f"{{ingest: {SECRET}}}"}, with_ingest(secrets=SECRET)]:
        assert SECRET not in "\n".join(refused(environ))
    assert "4711" not in "\n".join(refused(with_ingest(secrets=[4711])))
