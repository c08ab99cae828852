"""What each certbot makes of a CA's words, on its console and in its log, is understood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from canned_ca import NAME, CannedCa, canned_ca
from layer_lets_encrypt.ca import arguments as certbot_arguments
from layer_lets_encrypt.ca import diagnosis
from layer_lets_encrypt.ca import gate as certbot
from layer_lets_encrypt.ca.acme_errors import NO_EAB
from layer_lets_encrypt.rules.challenge import STATELESS
from layer_lets_encrypt.rules.facts import ABSENT, Account, Lineage
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request
from world.world import PROJECT

BINARIES = {
    "1.21": PROJECT / "build" / "certbot-1.21" / "bin" / "certbot",
    "apt": Path("/usr/bin/certbot"),
    "newest": PROJECT / "build" / "certbot-newest" / "bin" / "certbot",
}
LINK = "https://ca.example/unpause?jwt=" + "x" * 900


@pytest.fixture
def ca() -> Iterator[CannedCa]:
    with canned_ca() as running:
        yield running


@pytest.fixture(params=[pytest.param("1.21", marks=pytest.mark.slow), "apt", "newest"])
def folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Where one of the certbots keeps everything; it is the one that the layer finds."""
    if not BINARIES[request.param].exists():
        pytest.skip(f"certbot {request.param} is not here")
    (tmp_path / "certbot").symlink_to(BINARIES[request.param])
    monkeypatch.setattr(certbot, "SEARCH_PATH", str(tmp_path))
    return tmp_path


def failure(
    arguments: list[str], folder: Path, on_tick: Callable[[], None] = lambda: None
) -> Problem:
    places = ["--config-dir", str(folder / "config"), "--work-dir", str(folder / "work")]
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder)}
    with pytest.raises(certbot.CertbotError) as raised:
        certbot.run([*arguments, *places], env, folder / "log", on_tick, tick=0.05)
    return raised.value.problem


def register(ca: CannedCa, folder: Path, email: str | None = None) -> Problem:
    return failure(certbot_arguments.register(Account(ca.url + "/dir", email)), folder)


def order_arguments(ca: CannedCa) -> list[str]:
    challenge = STATELESS.certbot_arguments("/nowhere")
    wanted = Request((NAME,), "the option fqdn")
    account, before = Account(ca.url + "/dir"), Lineage(NAME, ABSENT)
    return certbot_arguments.certonly(wanted, account, challenge, before)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"type": "externalAccountRequired", "detail": "No binding"},
         Problem("configuration", "No binding", remedy=NO_EAB)),
        ({"type": "invalidContact", "detail": "No \u201csuch\u201d host"},
         Problem("configuration", "No \u201csuch\u201d host",
                 remedy="correct contact-email, or leave it empty")),
        ({"type": "userActionRequired", "detail": "New terms", "instance": LINK},
         Problem("configuration", "New terms", remedy=f"visit {LINK}")),
        ({"type": "rateLimited", "detail": f"Your account is temporarily prevented. Visit: {LINK}"},
         Problem("paused", f"Your account is temporarily prevented. Visit: {LINK}")),
    ],
)  # fmt: skip
def test_a_refused_account(ca: CannedCa, folder: Path, document, expected: Problem) -> None:
    ca.refuse("/account", 403, document)
    assert register(ca, folder, "a@firm.example,b@firm.example") == expected
    assert ca.contacts == ["mailto:a@firm.example", "mailto:b@firm.example"]


def test_a_ca_that_wants_external_account_binding(ca: CannedCa, folder: Path) -> None:
    ca.meta["externalAccountRequired"] = True
    cause = "the CA wants an external account binding (EAB)"
    assert register(ca, folder) == Problem("configuration", cause, remedy=NO_EAB)


def test_what_time_heals(ca: CannedCa, folder: Path) -> None:
    ca.refuse("/account", 500, {"type": "serverInternal", "detail": "soon"}, Retry_After="7200")
    seen = register(ca, folder)
    url = f"the CA answered HTTP 500 at {ca.url}/account: "
    assert (seen.category, seen.detail) == ("transient", url + "serverInternal: soon")
    assert seen.retry_at is not None
    ca.said["/account"] = (503, "<html>busy</html>", {"Content-Type": "text/html"})
    seen = register(ca, folder)
    assert seen == Problem("transient", f"the CA answered HTTP 503 at {ca.url}/account")


def test_a_refused_order_names_the_name(ca: CannedCa, folder: Path) -> None:
    inner = {"type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "on a list",
             "identifier": {"type": "dns", "value": NAME}}  # fmt: skip
    ca.refuse("/order", 403, {"type": "compound", "detail": "see inside", "subproblems": [inner]})
    remedy = "remove the name from fqdn, or ask the CA"
    assert failure(order_arguments(ca), folder) == Problem(
        "refused", "on a list", None, NAME, remedy
    )


CONNECTION = {"type": "urn:ietf:params:acme:error:connection", "detail": "dial tcp: no route"}
UNREACHED = Problem(
    "validation", "connection: dial tcp: no route", None, NAME,
    "check the name's DNS records, 'juju expose' and firewalls",
)  # fmt: skip


def test_a_failed_challenge(ca: CannedCa, folder: Path) -> None:
    ca.authorization, ca.challenge_error = "invalid", CONNECTION
    assert failure(order_arguments(ca), folder) == UNREACHED


class Enough(Exception):
    """certbot has waited for long enough."""


def test_a_challenge_that_stays_pending_tells_its_error(ca: CannedCa, folder: Path) -> None:
    ca.challenge_error = CONNECTION

    def look() -> None:
        after = ca.asked[ca.asked.index("/chall") :] if "/chall" in ca.asked else []
        if after.count("/authz") >= 2:
            raise Enough

    with pytest.raises(Enough):
        failure(order_arguments(ca), folder, look)
    log = (folder / "log" / "letsencrypt.log").read_text()
    assert diagnosis.challenge_problem(log, 0) == UNREACHED


def test_what_certbot_itself_refuses(ca: CannedCa, folder: Path) -> None:
    arguments = order_arguments(ca)
    seen = failure([*arguments, "--no-such-thing=1"], folder)
    assert (seen.category, seen.detail) == (
        "configuration", "unrecognized arguments: --no-such-thing=1",
    )  # fmt: skip
    at = arguments.index("--manual")
    seen = failure([*arguments[:at], "--authenticator", "nginx-less", *arguments[at + 1 :]], folder)
    assert seen.category == "configuration"
    assert "nginx-less" in seen.detail
    assert "cli.ini" in seen.remedy
    assert ca.asked == [], "nothing has been spent"


def test_a_ca_that_is_not_there(ca: CannedCa, folder: Path) -> None:
    ca.url = "http://127.0.0.1:9"
    seen = register(ca, folder)
    assert seen == Problem("transient", "the CA cannot be reached: connection refused")
