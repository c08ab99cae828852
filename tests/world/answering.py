"""A web server that gives one answer to everything, and counts how often it was asked:

    answering.py ADDRESS PORT STATUS COUNT-FILE

With STATUS 0 it closes the connection without a word. A line is printed once it listens.
"""

from __future__ import annotations

import http.server
import sys


class Answer(http.server.BaseHTTPRequestHandler):
    status, path_of_count = 200, ""

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        with open(self.path_of_count, "a", encoding="ascii") as counted:
            counted.write("x")
        self.close_connection = True
        if self.status:
            self.send_response(self.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: what is printed is for the test."""


def main(address: str, port: str, status: str, count: str) -> None:
    Answer.status, Answer.path_of_count = int(status), count
    with http.server.ThreadingHTTPServer((address, int(port)), Answer) as server:
        print("listening", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
