"""The verbs of the control socket that hold a context open, as a debugging session does."""

from __future__ import annotations

import contextlib

from ..state.flush import FlushError, flush
from ..state.lookup import Refused
from ..tools.context import Context
from ..values import Entry
from .controller import Controller
from .environment import build
from .verbs import verb


@verb
def open_context(
    controller: Controller,
    unit: str,
    kind: str,
    name: str,
    hook: Entry | None = None,
    action: Entry | None = None,
) -> Entry:
    """Hold a context open without a program in it; returns its environment.

    The machine lock is held until it is closed.
    """
    stack = contextlib.ExitStack()
    machine = controller.machine_of(unit)
    stack.enter_context(machine.lock.held())
    context = Context(controller.store, controller.log, unit, kind, name, hook, action)
    stack.enter_context(machine.runner.serving(context))
    controller.held_contexts[context.id] = (context, stack)
    return {
        "id": context.id,
        "environment": build(context, machine.paths, controller.options["path"]),
    }


@verb
def close_context(controller: Controller, context_id: str, commit: bool) -> None:
    """End a held context: `commit` keeps what it asked for."""
    context, stack = controller.held_contexts.pop(context_id)
    with stack:
        if commit:
            try:
                controller.store.change(flush, context.unit, context.pending)
            except FlushError as error:
                raise Refused(str(error)) from None
