"""Port 80 is asked as the CA asks it: redirects are followed, whatever characters they have."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from layer_lets_encrypt.dns.lookup import Lookups
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.web import self_check
from layer_lets_encrypt.web.self_check import Expected, SelfCheck

ADDRESS = "127.0.0.1"
NAME = "a.example"
PROOF = "token.thumbprint"

Serve = Callable[..., list[bytes]]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start a server that gives these answers one after the other; what it was asked for."""
    threads: list[threading.Thread] = []

    def start(*answers: bytes) -> list[bytes]:
        listener, asked = socket.create_server((ADDRESS, 0)), []
        monkeypatch.setattr(self_check, "PORT", listener.getsockname()[1])
        listener.settimeout(20)

        def serve() -> None:
            with listener:
                for answer in answers:
                    with listener.accept()[0] as visitor:
                        asked.append(visitor.recv(4096).partition(b"\r\n")[0])
                        visitor.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[0].start()
        return asked

    yield start
    for thread in threads:
        thread.join()


def redirect(location: bytes) -> bytes:
    return b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"


def page(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def objection() -> str:
    check = SelfCheck(Lookups(Budget(5)), Budget(60), public=False)
    return check.objection(NAME, ADDRESS, Expected("/x", PROOF))


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/café/x".encode(), b"/caf%C3%A9/x"),
        (b"/caf\xe9/x", b"/caf%E9/x"),
        (b"/caf%C3%A9/x?a=b%20c&d=/", b"/caf%C3%A9/x?a=b%20c&d=/"),
        (b"/a b/x", b"/a%20b/x"),
        (b"http://" + NAME.encode() + b"/\xf0\x9f\x8d\xb0", b"/%F0%9F%8D%B0"),
    ],
)
def test_a_redirect_to_any_path_is_followed(served: Serve, location: bytes, path: bytes) -> None:
    asked = served(redirect(location), page(PROOF))
    assert objection() == ""
    assert asked[1] == b"GET " + path + b" HTTP/1.1"


@pytest.mark.parametrize(
    "location",
    ["http://bücher.example/x".encode(), b"http://" + b"h" * 1500 + b".example/", b"ftp://x/y",
     b"https://[::1", b"http://b.example:99999/", b"http://b.example:8080/", b"gopher:\xff"],
)  # fmt: skip
def test_a_redirect_that_leads_nowhere_is_told_in_plain_words(
    served: Serve, location: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lookups, "first_address", lambda self, name: None)
    served(redirect(location))
    said = objection()
    assert said.startswith(f"no answer at {ADDRESS} port 80 (")
    assert "codec" not in said
    assert len(said) < 170
