"""Visitors: requests at a steady rate, each over a new connection, and what they missed.

    python3 load.py --url http://www.example.com/ --rate 20 --seconds 60 --log visits.jsonl \\
        [--to ADDRESS] [--root ROOT.pem] [--window START:END ...]

Runs inside a world (all go to 127.0.0.1, or to ADDRESS). Writes one line of JSON for each request
as it ends and a summary at the end; exits 1 if a request failed outside the windows (seconds since
the epoch).
A failure is an error of the connection, an answer other than 2xx, or (``--expect TEXT``) a page
without this text: certbot's own server answers 200, too. SIGTERM ends it in good order.
"""

from __future__ import annotations

import argparse
import http.client
import json
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TIMEOUT = 5.0
LIMITS = {"rate": 200.0, "count": 100_000, "seconds": 3600.0, "in_flight": 100}


class Event(NamedTuple):
    """One request: when it started (seconds since the epoch), how long it took, what came."""

    start: float
    duration: float
    status: int
    error: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def end(self) -> float:
        return self.start + self.duration


class Summary(NamedTuple):
    """``longest_gap``: seconds between the ends of two successes; counted from the first request
    and to the last one, too."""

    tried: int
    failed: int
    longest_gap: float


Window = tuple[float, float]


def summary(events: Iterable[Event]) -> Summary:
    """Tried, failed, and the longest time in which nobody was served."""
    ordered = sorted(events, key=lambda event: event.end)
    if not ordered:
        return Summary(0, 0, 0.0)
    good = [event.end for event in ordered if event.good]
    marks = [min(e.start for e in ordered), *good, ordered[-1].end]
    gap = max(later - earlier for earlier, later in zip(marks, marks[1:]))
    return Summary(len(ordered), len(ordered) - len(good), gap)


def judge(events: Iterable[Event], allowed: Iterable[Window] = ()) -> list[Event]:
    """Failures that no announced window excuses: a request is excused if it ran within one, at
    least in part."""
    windows = list(allowed)
    failures = [event for event in events if not event.good]
    return [e for e in failures if not any(e.start <= end and e.end >= start
                                           for start, end in windows)]  # fmt: skip


def read(path: Path) -> list[Event]:
    """The events of a log; a last line that is still being written is left out."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [Event(**json.loads(line)) for line in lines if line.endswith("\n")]


class Visitors:
    """Send requests on a fixed schedule, also while earlier ones are still waiting."""

    def __init__(
        self,
        url: str,
        log: Path,
        root: Path | None = None,
        expect: str = "",
        address: str = "127.0.0.1",
    ):
        self._address = address
        self._url = urlsplit(url)
        self._expect = expect.encode()
        self._context = ssl.create_default_context(cafile=str(root)) if root else None
        self._stream = log.open("a", buffering=1)
        self._write = threading.Lock()
        self._room = threading.BoundedSemaphore(int(LIMITS["in_flight"]))
        self.events: list[Event] = []
        self.stopped = threading.Event()

    def visit(self, rate: float, count: int, seconds: float) -> list[Event]:
        """Until ``count`` requests, ``seconds``, or ``stopped``; returns all events."""
        began = time.monotonic()
        threads = []
        for number in range(count):
            wait = began + number / rate - time.monotonic()
            if time.monotonic() - began >= seconds or self.stopped.wait(max(0.0, wait)):
                break
            self._room.acquire()
            threads.append(threading.Thread(target=self._one))
            threads[-1].start()
        for thread in threads:
            thread.join()
        self._stream.close()
        return self.events

    def _one(self) -> None:
        try:
            start, clock = time.time(), time.monotonic()
            status, error = self._request()
            event = Event(start, time.monotonic() - clock, status, error)
            with self._write:
                self.events.append(event)
                self._stream.write(json.dumps(event._asdict()) + "\n")
        finally:
            self._room.release()

    def _request(self) -> tuple[int, str]:
        """Status and error of one request over a new connection; status 0 without an answer."""
        host = self._url.hostname or ""
        secure = self._url.scheme == "https"
        port = self._url.port or (443 if secure else 80)
        try:
            plain = socket.create_connection((self._address, port), TIMEOUT)
            with plain:
                connection = http.client.HTTPConnection(host, port)
                connection.sock = self._secure(plain, host) if secure else plain
                with connection.sock:
                    path = self._url.path or "/"
                    connection.request("GET", path, headers={"Connection": "close"})
                    answer = connection.getresponse()
                    if self._expect in answer.read() or answer.status >= 300:
                        return answer.status, ""
                    return 0, f"{answer.status}, but another page"
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{type(error).__name__}: {error}"

    def _secure(self, plain: socket.socket, host: str) -> socket.socket:
        context = self._context or ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=host)


def _bounded(name: str, kind: type) -> Any:
    """An argument type that refuses more than LIMITS says: this must never become an attack."""

    def parse(text: str) -> Any:
        value = kind(text)
        if not 0 < value <= LIMITS[name]:
            raise argparse.ArgumentTypeError(f"must be above 0 and at most {LIMITS[name]}")
        return value

    return parse


def _window(text: str) -> Window:
    start, _, end = text.partition(":")
    return float(start), float(end)


def main() -> int:
    """Command line; 0 = nobody missed anything outside the windows, 1 = somebody did."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--log", required=True, type=Path)
    parser.add_argument("--root", type=Path, help="PEM file of the trusted root, for https")
    parser.add_argument("--to", default="127.0.0.1", help="the address of the server")
    parser.add_argument("--expect", default="", help="text that the right page contains")
    parser.add_argument("--rate", type=_bounded("rate", float), default=20.0)
    parser.add_argument("--count", type=_bounded("count", int), default=LIMITS["count"])
    parser.add_argument("--seconds", type=_bounded("seconds", float), default=60.0)
    parser.add_argument("--window", type=_window, action="append", default=[])
    args = parser.parse_args()
    visitors = Visitors(args.url, args.log, args.root, args.expect, args.to)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: visitors.stopped.set())
    events = visitors.visit(args.rate, int(args.count), args.seconds)
    missed = judge(events, args.window)
    print(json.dumps({**summary(events)._asdict(), "unexcused": len(missed)}))
    return 1 if missed or not events else 0


if __name__ == "__main__":
    sys.exit(main())
