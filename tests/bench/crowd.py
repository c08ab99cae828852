"""A crowd: hundreds of visitors a second to port 80, each over a new connection.

    python3 crowd.py --host www.example.com --rate 500 --log /tmp/crowd.jsonl --expect nginx

Runs inside a world and visits 127.0.0.1 alone, until SIGTERM or ``--seconds``; then it writes its
log, one line for each request: start and duration in seconds of the monotonic clock, which all
processes of a machine share, status and error. What counts as a failure is what ``world.load``
says: no answer, an answer other than 2xx, another page. One thread and no process for each request,
so that the crowd takes little from what is measured beside it.
"""

from __future__ import annotations

import argparse
import json
import selectors
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from world.load import Event  # noqa: E402

ADDRESS = ("127.0.0.1", 80)
TIMEOUT = 5.0
MOST = 2000.0  # visitors a second: this must never become an attack
WRITABLE, READABLE = selectors.EVENT_WRITE, selectors.EVENT_READ


class Visit:
    """One request on its way."""

    __slots__ = ("answer", "over", "socket", "start")

    def __init__(self, start: float):
        self.start = start
        self.answer = b""
        self.over = False
        self.socket = socket.socket()
        self.socket.setblocking(False)


class Crowd:
    """Sends requests on a fixed schedule, also while earlier ones are still waiting."""

    def __init__(self, host: str, path: str, expect: str = ""):
        self.events: list[Event] = []
        self.stopped = False
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        self._request = head.encode()
        self._expect = expect.encode()
        self._selector = selectors.DefaultSelector()
        self._inside: deque[Visit] = deque()  # by start, so the oldest is the first to be late

    def come(self, rate: float, seconds: float) -> None:
        """Until ``seconds`` or ``stopped``, and until everybody is served or late."""
        began, number = time.monotonic(), 0
        while True:
            now = time.monotonic()
            if self.stopped or now - began >= seconds:
                break
            while began + number / rate <= now:
                self._begin()
                number += 1
            self._wait(began + number / rate - time.monotonic())
        while self._inside:
            self._wait(0.05)

    def _begin(self) -> None:
        visit = Visit(time.monotonic())
        self._inside.append(visit)
        try:
            refused = visit.socket.connect_ex(ADDRESS)
        except OSError as error:
            return self._end(visit, 0, str(error))
        if refused not in (0, 115):  # EINPROGRESS
            return self._end(visit, 0, f"connect: error {refused}")
        self._selector.register(visit.socket, WRITABLE, visit)
        self._send(visit)
        return None

    def _send(self, visit: Visit) -> None:
        """The request, unless the connection is still being made."""
        try:
            visit.socket.send(self._request)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(visit, 0, f"{type(error).__name__}: {error}")
        else:
            self._selector.modify(visit.socket, READABLE, visit)

    def _wait(self, seconds: float) -> None:
        """Go on with whoever has something to do, and send those away who wait for too long."""
        for key, ready in self._selector.select(max(0.0, seconds)):
            if ready & WRITABLE:
                self._send(key.data)
            else:
                self._read(key.data)
        while self._inside and (self._inside[0].over or self._late(self._inside[0])):
            visit = self._inside.popleft()
            if not visit.over:
                self._end(visit, 0, f"no answer within {TIMEOUT} s")

    def _late(self, visit: Visit) -> bool:
        return time.monotonic() - visit.start > TIMEOUT

    def _read(self, visit: Visit) -> None:
        try:
            piece = visit.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            return self._end(visit, 0, f"{type(error).__name__}: {error}")
        visit.answer += piece
        if not piece:
            self._end(visit, *judge(visit.answer, self._expect))
        return None

    def _end(self, visit: Visit, status: int, error: str) -> None:
        visit.over = True
        if visit.socket in self._selector.get_map():
            self._selector.unregister(visit.socket)
        visit.socket.close()
        self.events.append(Event(visit.start, time.monotonic() - visit.start, status, error))


def judge(answer: bytes, expect: bytes) -> tuple[int, str]:
    """Status and error of a whole answer; status 0 for what is no answer or the wrong one."""
    head, found, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if not found or len(words) < 2 or not words[1].isdigit():
        return 0, f"cut off after {len(answer)} bytes"
    status = int(words[1])
    if status < 300 and expect not in body:
        return 0, f"{status}, but another page"
    return status, ""


def read(path: Path) -> Iterator[Event]:
    """The events of a log."""
    return (Event(*json.loads(line)) for line in path.read_text().splitlines())


def main() -> int:
    """Command line; 0 = at least one visitor came."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--host", required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--log", required=True, type=Path)
    parser.add_argument("--expect", default="", help="text that the right page contains")
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=120.0)
    args = parser.parse_args()
    if not 0 < args.rate <= MOST:
        parser.error(f"--rate must be above 0 and at most {MOST}")
    crowd = Crowd(args.host, args.path, args.expect)
    signal.signal(signal.SIGTERM, lambda *_: setattr(crowd, "stopped", True))
    crowd.come(args.rate, args.seconds)
    args.log.write_text("".join(json.dumps(event) + "\n" for event in crowd.events))
    cpu = time.process_time() / max(1, len(crowd.events))
    print(json.dumps({"requests": len(crowd.events), "cpu_us_per_request": round(cpu * 1e6)}))
    return 0 if crowd.events else 1


if __name__ == "__main__":
    sys.exit(main())
