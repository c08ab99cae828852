"""The unit agent's socket: there while a hook, action or command runs, and then gone."""

from __future__ import annotations

import os

from ..formats import quote
from ..tools import catalogue, command, metric
from ..tools.context import Context
from .halted import Halted
from .server import Server

TOOLS = catalogue.TOOLS
CUT_OFF = "connection is shut down"
# What an agent still answers when the controller is out of its reach.
WITHOUT_CONTROLLER = ("is-leader", "juju-log")


def serve_call(context: Context, fields: list[bytes]) -> list[bytes]:
    """Answer one request: [context id, cwd, tool, "stdin" or "", stdin, argument ...]."""
    identity, cwd, name, has_stdin, stdin = fields[:5]
    text = [os.fsdecode(field) for field in fields[5:]]
    if os.fsdecode(identity) != context.id:
        return failure(f"bad request: wrong context ID; got {quote(os.fsdecode(identity))}")
    tool = os.fsdecode(name)
    if tool not in context.profile.tools:
        return failure(f"bad request: unknown command: {tool}")
    if metric.is_refused(context, tool):
        return failure(metric.REFUSAL)
    call = command.Call(os.fsdecode(cwd), stdin if has_stdin else None)
    try:
        with context.store.lock:
            if context.is_cut_off() and tool not in WITHOUT_CONTROLLER:
                return failure(CUT_OFF)
            code, out, err = command.execute(context, tool, text, call)
    except command.NeedsStdin:
        return [b"stdin"]
    except Halted:
        return failure(CUT_OFF)
    return [str(code).encode(), os.fsencode(out), os.fsencode(err)]


def failure(text: str) -> list[bytes]:
    """An error of the request itself."""
    return [b"1", b"", os.fsencode(f"ERROR {text}\n")]


class ToolSocket(Server):
    """Serves the hook tools of one context at `path` until closed."""

    def __init__(self, context: Context, path: str) -> None:
        self.context = context
        self.open = True
        super().__init__(path)

    def answer(self, fields: list[bytes]) -> list[bytes]:
        """What the tool says; a fault of the agent is an answer, too, and is logged."""
        if not self.open:
            return failure("context is closed")
        try:
            return serve_call(self.context, fields)
        except Exception as error:  # the charm must see it, whatever it is
            self.context.say("ERROR", f"agent fault in {fields[2]!r}: {error!r}", "agent")
            return failure(f"agent fault: {error!r}")

    def close(self) -> None:
        """The context is over."""
        with self.context.store.lock:
            self.open = False
        super().close()
