"""`slamon policy show` over files; over the topic see tests/integration."""

from tests.cli.calling import POLICIES, call


def test_it_says_what_a_customer_is_promised():
    said = call("policy", "show", "--for", "acme", POLICIES)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("What Acme Ltd is promised\n")
    assert "within 30 minutes" in said.out


def test_without_a_customer_it_says_it_policy_by_policy():
    said = call("policy", "show", POLICIES)
    assert said.code == 0
    assert [name for name in ("everybody", "gold", "no-tests") if f"{name}, promised towards the customer" in said.out] == [
        "everybody", "gold", "no-tests",
    ]  # fmt: skip


def test_who_is_promised_nothing_hears_of_whom_there_is():
    services = POLICIES.parents[1] / "availability" / "policies.yaml"
    assert call("policy", "show", "--for", "initech", services) == (
        1, "", "nothing is promised to 'initech' (agreements are with Globex)\n",
    )  # fmt: skip


def test_files_with_problems_are_refused(tmp_path):
    (tmp_path / "bad.yaml").write_text("kind: Nothing\n")
    said = call("policy", "show", "--for", "acme", tmp_path / "bad.yaml")
    assert (said.code, said.out) == (1, "")
    assert "bad.yaml" in said.err
