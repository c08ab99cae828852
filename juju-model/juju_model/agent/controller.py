"""The controller: the model, the log, and the machine that runs its units."""

from __future__ import annotations

import contextlib
import os

from ..paths import Paths
from ..state import model
from ..state.store import Store
from ..tools.context import Context
from ..values import Entry, Model
from . import files
from .log import Lines, Log
from .machine import Machine


class Controller:
    """What the operator's verbs act on."""

    def __init__(self, root: str, options: Entry) -> None:
        """Open the model below `root`, or begin one; `options` are those of bootstrap."""
        self.paths = Paths(root)
        self.options = options
        self.log = Log(self.paths.log)
        self.runs = Lines(self.paths.runs)
        known = os.path.exists(self.paths.state)
        self.store = Store(self.paths.state, None if known else self.empty_model())
        self.machine = Machine(self.paths, options, self.store, self.log, self.runs)
        self.held_contexts: dict[str, tuple[Context, contextlib.ExitStack]] = {}
        self.stopping = False

    def empty_model(self) -> Model:
        """A new model."""
        options = self.options
        return model.new_model(
            options["profile"], options["private_address"], options["public_address"]
        )

    def forget(self) -> None:
        """Begin an empty model in the place of this one: units, charms, log and all else go."""
        with self.machine.lock.held():  # so that no unit is in the middle of anything
            units = list(self.store.data["units"])
            self.store.change(model.replace, self.empty_model())
            files.remove_stored(self.paths)
            for lines in (self.log, self.runs):
                lines.clear()
        self.machine.forget(units)
