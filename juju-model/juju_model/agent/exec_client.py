#!/usr/bin/python3 -IS
"""Runs a command in the context of a unit of this machine."""

import os
import shlex
import socket
import sys

RUN_SOCKET = "@RUN_SOCKET@"
NAME = os.path.basename(sys.argv[0])
USAGE = f"""Usage: {NAME} [options] [<unit-name>] <commands>

Summary:
Run commands in a unit's hook context.

Options:
--force-remote-unit  (= false)
    run the commands for a specific relation context, bypassing the remote unit check
--no-context  (= false)
    do not run the command in a unit context
--operator  (= false)
    run the commands on the operator instead of the workload
-r, --relation (= "")
    run the commands for a specific relation context on a unit
--remote-unit (= "")
    run the commands for a specific remote unit in a relation context on a unit
-u (= "")
    explicit unit-name, all other arguments are commands

Details:
The commands are given to bash. They wait for their turn: one hook, action or command runs at a
time on the machine. Output and exit code are those of the commands.
"""
SWITCHES = ("--no-context", "--force-remote-unit", "--operator")
VALUES = {"-u": "unit", "-r": "relation", "--relation": "relation", "--remote-unit": "remote"}


def fail(text: str, code: int = 1) -> None:
    """An error of this program."""
    sys.stderr.write(f"ERROR {text}\n")
    sys.exit(code)


def parse(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Options, then unit (unless -u or --no-context), then commands."""
    options = {"unit": "", "relation": "", "remote": "", "no-context": ""}
    while words and words[0].startswith("-") and words[0] != "--":
        one_option(words.pop(0), words, options)
    if not options["unit"] and not options["no-context"]:
        words = words[1:] if words[:1] == ["--"] else words
        if not words:
            fail("missing unit-name", 2)
        options["unit"] = words.pop(0)
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        fail("missing commands", 2)
    return options, words


def one_option(word: str, words: list[str], options: dict[str, str]) -> None:
    """Read one option, with its value if it takes one."""
    name, equals, value = word.partition("=")
    if word in ("-h", "--help"):
        sys.stdout.write(USAGE)
        sys.exit(0)
    if name in SWITCHES:
        options[name[2:]] = "true"
    elif name not in VALUES:
        fail(f"option provided but not defined: {name}", 2)
    elif not equals and not words:
        fail(f"option needs an argument: {name}", 2)
    else:
        options[VALUES[name]] = value if equals else words.pop(0)


def pack(texts: list[str]) -> bytes:
    """Count, then each field with its length."""
    fields = [os.fsencode(text) for text in texts]
    lengths = (len(field).to_bytes(4, "big") + field for field in fields)
    return len(fields).to_bytes(4, "big") + b"".join(lengths)


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            fail("connection is shut down")
        data += part
    return data


def unpack(connection: socket.socket) -> list[bytes]:
    """The fields of the answer."""
    count = int.from_bytes(receive(connection, 4), "big")
    sizes = range(count)
    return [receive(connection, int.from_bytes(receive(connection, 4), "big")) for _ in sizes]


def connect(path: str) -> socket.socket:
    """A connection to the machine's agent."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        if len(path) > 100:
            os.chdir(os.path.dirname(path))
            path = os.path.basename(path)
        connection.connect(path)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        fail(f"dialing juju run socket: dial unix {path}: connect: {reason}")
    return connection


def main() -> None:
    """Exit as the commands do."""
    options, words = parse(sys.argv[1:])
    context = os.environ.get("JUJU_CONTEXT_ID")
    if context:
        fail(f'{NAME} cannot be called from within a hook, have context "{context}"', 2)
    unit = options["unit"]
    if unit.startswith("unit-"):
        unit = "/".join(unit[len("unit-") :].rsplit("-", 1))
    script = words[0] if len(words) == 1 else " ".join(shlex.quote(word) for word in words)
    connection = connect(RUN_SOCKET)
    request = [unit, options["relation"], options["remote"], options["no-context"], script]
    connection.sendall(pack(request))
    code, stdout, stderr = unpack(connection)
    sys.stdout.buffer.write(stdout)
    sys.stdout.flush()
    sys.stderr.buffer.write(stderr)
    sys.stderr.flush()
    sys.exit(int(code) & 0xFF)


main()
