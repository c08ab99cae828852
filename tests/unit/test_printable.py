"""Text from outside, and the hook tools that it reaches: nothing in it makes one of them fail."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.dns.lookup import Lookups
from layer_lets_encrypt.juju import tell
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.rules import printable
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.web import self_check
from layer_lets_encrypt.web.self_check import Expected, SelfCheck

ADDRESS = "127.0.0.154"

NASTY = [
    "nul \0 inside",
    "\x1b[31mred\x1b[0m and \x1b]0;a title\x07 and \x1bPdevice\x1b\\",
    "\x9b31mred\x9b0m, by one character \x9d0;a title\x9c",
    "right \u202eto left\u202c, \u2066isolated\u2069, \u200bno width, \ufeffmark",
    "half a pair \ud800 alone \udcff",
    "bell \a backspace \b delete \x7f next line \x85",
    "lines\r\n of\u2028 several\u2029 kinds\v\f\x1c",
    "\x1b\x1b[\x1b]\x1bP\x1b",
]


@pytest.mark.parametrize("text", NASTY)
def test_text_from_outside_becomes_one_printable_line(text: str) -> None:
    for line in (one_line(text), Problem("transient", text).detail, *printable.lines(text)):
        assert line.isprintable() and line == line.strip()
        assert line.encode("utf-8").decode("utf-8") == line
        assert "31m" not in line and "title" not in line


def test_plain_words_stay_as_they_are() -> None:
    text = "bücher.example.com: «тест» 証明書 – 5 % of {all} 'names'"
    assert one_line(text) == text
    assert one_line("two\n words\t here ") == "two words here"


@pytest.mark.parametrize("text", ["x" * 191, "\0" * 50_000, "\x1b[0m" * 10_000, "y " * 5000])
def test_what_is_long_is_cut_and_shows_it(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 190
    assert line.endswith("...")


@pytest.mark.parametrize("piece", ["\x1b]", "\x9d", "\x1b[" + "0;" * 40, "\x1b    ", "a\0", "\n"])
def test_a_long_text_takes_no_time(piece: str) -> None:
    begun = time.process_time()
    printable.lines(piece * (1_000_000 // len(piece)))
    one_line(piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 2


def test_thousands_of_lines_are_not_logged_one_by_one() -> None:
    found = printable.lines("line\n" * 100_000)
    assert len(found) == printable.MAX_LINES + 1
    assert found[-1] == f"({100_000 - printable.MAX_LINES} more lines are left out)"


@pytest.fixture
def said(tmp_path: Path, monkeypatch):
    """Programs in the place of the hook tools; what they were told, as words."""
    for tool in ("juju-log", "status-set", "action-set", "action-fail"):
        program = tmp_path / tool
        program.write_text(f"#!/bin/sh\nprintf '%s\\0' {tool} \"$@\" >> {tmp_path}/said\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return lambda: (tmp_path / "said").read_bytes().decode("utf-8").split("\0")[:-1]


LONG = pytest.param("x" * 300_000, id="long")  # pytest puts the id into the environment


@pytest.mark.parametrize("text", [*NASTY, LONG, "-o", "é\n" * 500])
def test_no_text_makes_a_hook_tool_fail(said, text: str) -> None:
    tell.log(text + " words")
    tell.status("blocked", "TLS: " + text)
    tell.failure(text)
    tell.results({"www-example-com.error": text, "certificates": "1"})
    words = said()
    assert {"juju-log", "status-set", "action-set", "action-fail"} <= set(words)
    assert all(word.isprintable() for word in words)


def test_results_of_a_thousand_certificates_fit(said) -> None:
    names = ", ".join(f"name-{n}.example.com" for n in range(100))
    tell.results({f"c{n}-example-com.names": names for n in range(2000)})
    assert len([word for word in said() if word.startswith("c")]) == 2000


def test_the_charms_own_status_comes_back_even_if_juju_cannot_take_it(said) -> None:
    tell.status_of_charm("active", "two\nlines")
    tell.status_of_charm("active", "nul \0")
    assert said() == ["status-set", "active", "two\nlines", "status-set", "active", "nul"]


@pytest.fixture
def web_server(monkeypatch) -> Iterator[Callable[[bytes], str]]:
    """Start a server on a port of a loopback address, which says one thing once; its address."""
    started: list[threading.Thread] = []

    def start(answer: bytes) -> str:
        listener = socket.create_server((ADDRESS, 0))
        monkeypatch.setattr(self_check, "PORT", listener.getsockname()[1])
        listener.settimeout(20)

        def serve() -> None:
            with listener, listener.accept()[0] as visitor:
                visitor.recv(1000)
                visitor.sendall(answer)

        started.append(threading.Thread(target=serve))
        started[0].start()
        return ADDRESS

    yield start
    for thread in started:
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [b"\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03", b"HTTP/1.1 5 \x1b[31mred\x1b]0;x\x07\r\n\r\n",
     b"HTTP/1.1 2\x00\x00\xe2\x80\xae\r\n\r\n", b"\0" * 50, b"SSH-2.0-x\r\n"],
)  # fmt: skip
def test_what_a_web_server_answers_is_shown_as_plain_text(said, web_server, answer: bytes) -> None:
    check = SelfCheck(Lookups(), Budget(60), public=False)
    seen = check.objection("a.example", web_server(answer), Expected("/", "x"))
    problem = Problem("unready", seen, name="a.example")
    assert problem.text.startswith(f"a.example: no answer at {ADDRESS} port 80 (")
    assert problem.text.isprintable()
    tell.status("waiting", problem.text)
    tell.log(problem.text)
    assert said().count(problem.text) == 1
    assert tell.PREFIX + problem.text in said()
