"""Secrets: owners, grants, revisions, hooks."""

from __future__ import annotations

import pytest

from .charm import PEERS, PROXY, WEBSITE, build

READ = '[[ $JUJU_HOOK_NAME != secret-* ]] || juju-log "$JUJU_SECRET_ID [$JUJU_SECRET_LABEL]" \
"$JUJU_SECRET_REVISION"'


@pytest.fixture(params=["3.6", pytest.param("4.0", marks=pytest.mark.slow)])
def pair(request, start, folder):
    juju = start(request.param)
    juju.deploy(build(f"{folder}/web", dispatch=READ, **WEBSITE, **PEERS), units=2)
    juju.deploy(build(f"{folder}/proxy", name="proxy", dispatch=READ, **PROXY))
    juju.integrate("web", "proxy")
    return juju


def ask(juju, script, unit="web/0"):
    done = juju.exec(unit, script)
    juju.settle()
    assert done["stderr"] == "", done
    return done["stdout"].strip()


def refusal(juju, script, unit="web/0"):
    done = juju.exec(unit, script)
    assert done["rc"] in (1, 2), done
    return done["stderr"].strip().removeprefix("ERROR ")


def test_application_secret_is_managed_by_the_leader_and_read_by_all(pair):
    uri = ask(pair, "secret-add token=one")
    assert ask(pair, f"secret-get {uri} token", "web/1") == "one"
    assert refusal(pair, f"secret-set {uri} token=two", "web/1") == "this unit is not the leader"
    assert refusal(pair, "secret-add token=x", "web/1") == "this unit is not the leader"
    assert ask(pair, "secret-ids", "web/1") == ""
    assert ask(pair, "secret-ids") == uri.removeprefix("secret:")


def test_unit_secret_is_the_units_alone(pair):
    uri = ask(pair, "secret-add --owner unit token=one", "web/1")
    assert ask(pair, f"secret-get {uri} token", "web/1") == "one"
    assert refusal(pair, f"secret-get {uri}") == "permission denied"
    assert "not found" in refusal(pair, f"secret-remove {uri}")


def test_a_revision_is_pinned_until_refresh(pair):
    uri = ask(pair, "secret-add token=one")
    read = f"secret-get {uri} token"
    assert ask(pair, read, "web/1") == "one"
    ask(pair, f"secret-set {uri} token=two")
    assert ask(pair, read, "web/1") == "one"
    assert ask(pair, read + " --peek", "web/1") == "two"
    assert ask(pair, read, "web/1") == "one"
    assert ask(pair, f"{read} --refresh; {read}", "web/1") == "two\ntwo"
    assert ask(pair, read, "web/1") == "two"


def test_a_grant_hangs_on_its_relation(pair):
    uri = ask(pair, "secret-add token=one")
    assert refusal(pair, f"secret-get {uri}", "proxy/0") == "permission denied"
    ask(pair, f"secret-grant {uri} -r $(relation-ids website)")
    assert ask(pair, f"secret-get {uri} token", "proxy/0") == "one"
    access = ask(pair, f"secret-info-get {uri} --format=json")
    assert '"target":"application-proxy"' in access
    pair.remove_relation("web", "proxy")
    assert refusal(pair, f"secret-get {uri}", "proxy/0") == "permission denied"


def test_revoke(pair):
    uri = ask(pair, "secret-add token=one")
    ask(pair, f"secret-grant {uri} -r $(relation-ids website) --unit proxy/0")
    assert ask(pair, f"secret-get {uri} token", "proxy/0") == "one"
    ask(pair, f"secret-revoke {uri} --app proxy")
    assert refusal(pair, f"secret-get {uri}", "proxy/0") == "permission denied"


def test_labels(pair):
    uri = ask(pair, "secret-add --label mine token=one")
    assert ask(pair, "secret-get --label mine") == "token: one"
    assert refusal(pair, "secret-add --label mine token=two") == (
        'secret with label "mine" already exists'
    )
    ask(pair, f"secret-grant {uri} -r $(relation-ids website)")
    ask(pair, f"secret-get {uri} --label theirs", "proxy/0")
    assert ask(pair, "secret-get --label theirs", "proxy/0") == "token: one"


def test_consumers_are_told_once_of_each_revision(pair):
    uri = ask(pair, "secret-add token=one")
    ask(pair, f"secret-grant {uri} -r $(relation-ids website)")
    assert "secret-changed" not in pair.hooks("proxy/0")
    ask(pair, f"secret-get {uri} --label here", "proxy/0")
    ask(pair, f"secret-set {uri} token=two")
    ask(pair, f"secret-set {uri} token=two")
    assert pair.hooks("proxy/0").count("secret-changed") == 1
    assert f"{uri} [here] " in [entry["message"] for entry in pair.log("proxy/0")]


def test_the_owner_is_told_of_revisions_that_nobody_reads(pair):
    uri = ask(pair, "secret-add token=one")
    ask(pair, f"secret-get {uri}", "web/1")
    ask(pair, f"secret-set {uri} token=two")
    assert "secret-remove" not in pair.hooks("web/0")
    ask(pair, f"secret-get {uri} --refresh", "web/1")
    assert pair.hooks("web/0").count("secret-remove") == 1
    assert f"{uri} [] 1" in [entry["message"] for entry in pair.log("web/0")]
    ask(pair, f"secret-remove {uri} --revision 1")
    assert "1" not in pair.model()["secrets"][uri.removeprefix("secret:")]["revisions"]


def test_rotation_and_expiry(pair, until):
    uri = ask(pair, "secret-add --rotate hourly --expire 24h token=one")
    secret = uri.removeprefix("secret:")
    pair.ask("edit", place=["secrets", secret, "next-rotate"], value=1.0)
    until(lambda: pair.hooks("web/0").count("secret-rotate") == 1)
    pair.ask("edit", place=["secrets", secret, "expire"], value=1.0)
    until(lambda: pair.hooks("web/0").count("secret-expired") == 1)
    pair.settle()
    assert pair.hooks("web/0").count("secret-rotate") == 1
    assert f"{uri} [] 1" in [entry["message"] for entry in pair.log("web/0")]


def test_secrets_of_the_user(pair):
    uri = pair.add_secret("mine", {"token": "one"})
    assert refusal(pair, f"secret-get {uri}") == "permission denied"
    pair.grant_secret("mine", "web")
    assert ask(pair, f"secret-get {uri} token") == "one"
    pair.update_secret("mine", {"token": "two"})
    assert pair.hooks("web/0").count("secret-changed") == 1
    assert ask(pair, f"secret-get {uri} token --refresh") == "two"
    assert "not found" in refusal(pair, f"secret-set {uri} token=three")
    pair.grant_secret("mine", "web", granted=False)
    assert refusal(pair, f"secret-get {uri}") == "permission denied"


def test_content_from_files(pair):
    script = "printf 'a b' > f; secret-add one#file=f; printf 'two: x\\n' > g; secret-add --file g"
    one, two = ask(pair, script).split()
    assert ask(pair, f"secret-get {one} one") == "a b"
    assert ask(pair, f"secret-get {two} two#base64") == "eA=="


def test_too_large(pair):
    script = "head -c 800000 /dev/zero > f; secret-add big#file=f"
    assert "too large" in refusal(pair, script)
