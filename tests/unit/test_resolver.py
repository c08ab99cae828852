"""The unit's own resolver configuration, whatever it says."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.dns import lookup as dns_lookup
from layer_lets_encrypt.dns import preflight
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.rules.caa import Applicant
from layer_lets_encrypt.rules.request import SERVERS, Request
from layer_lets_encrypt.web.doubts import Doubts
from layer_lets_encrypt.web.self_check import Expected, SelfCheck

NAME = "www.example.com"
NOT_USABLE = "the unit's resolver configuration is not usable"

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def resolv_conf(tmp_path: Path, monkeypatch) -> Path:
    path = tmp_path / "resolv.conf"
    monkeypatch.setattr(dns_lookup, "RESOLV_CONF", path)
    return path


@pytest.mark.parametrize(
    "content",
    [b"nameserver foo\n", b"nameserver 256.1.1.1", b"nameserver 127.0.0.1%lo", b"nameserver", b"",
     b"\xff\xfe\0", b"search a..b", None],
)  # fmt: skip
def test_an_unusable_resolver_is_waited_for(resolv_conf: Path, content: bytes | None) -> None:
    if content is not None:
        resolv_conf.write_bytes(content)
    request, server, over_http = Request((NAME,), "x"), SERVERS["production"], Applicant("http-01")
    seen = preflight.certain_problem(request, over_http, server, {}, dns_lookup.Lookups())
    assert seen is not None and (seen.severity, NOT_USABLE in seen.text) == ("waiting", True)
    assert "correct" in seen.text
    lookups, budget = dns_lookup.Lookups(), Budget(60)
    doubts = Doubts(lookups, SelfCheck(lookups, budget, public=False), tuple)
    doubt = doubts.problem(request, Expected("/", ""))
    assert doubt is not None and (doubt.severity, NOT_USABLE in doubt.text) == ("waiting", True)


def test_without_soft_checks_an_unusable_resolver_is_no_matter(resolv_conf: Path) -> None:
    resolv_conf.write_text("nameserver foo")
    request, server, over_http = Request((NAME,), "x"), SERVERS["production"], Applicant("http-01")
    lookups = dns_lookup.Lookups()
    assert preflight.certain_problem(request, over_http, server, {}, lookups, soft=False) is None


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir])
def test_a_resolver_configuration_that_is_no_file_is_not_waited_for(resolv_conf: Path, put) -> None:
    put(resolv_conf)
    with pytest.raises(dns_lookup.LookupFailed, match="not usable"):
        dns_lookup.Lookups().addresses(NAME)


@pytest.fixture
def refusing_server() -> Iterator[str]:
    """A name server that answers that there is no such name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        try:
            listener.bind(("127.0.0.153", 53))
        except OSError as error:
            pytest.skip(f"port 53 of 127.0.0.153 cannot be had: {error}")
        listener.settimeout(0.2)
        done = threading.Event()
        thread = threading.Thread(target=answer, args=(listener, done))
        thread.start()
        yield "127.0.0.153"
        done.set()
        thread.join()


def answer(listener: socket.socket, done: threading.Event) -> None:
    while not done.is_set():
        try:
            asked, who = listener.recvfrom(4096)
        except OSError:  # a timeout, which has a class of its own before Python 3.10
            continue
        listener.sendto(asked[:2] + b"\x81\x83" + asked[4:6] + bytes(6) + asked[12:], who)


@pytest.mark.parametrize(
    "before", ["nameserver foo\n", "search " + "a" * 300 + ".example\n", "search a..b\n",
               "nonsense\n\nnameserver\n", "options timeout:x ndots:99999999999999\n", "\ufeff\n"]
)  # fmt: skip
def test_what_is_of_no_use_beside_a_name_server_is_passed_over(
    resolv_conf: Path, before: str, refusing_server: str
) -> None:
    resolv_conf.write_text(before + f"nameserver {refusing_server}\n")
    assert dns_lookup.Lookups().addresses(NAME) == []
