"""The model on disk: one JSON file, replaced whole at every change."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from typing import Any

from ..values import Model


class Store:
    """Holds the model; `data` may be read under `lock` and is changed by `change` alone."""

    def __init__(self, path: str, data: Model | None = None) -> None:
        """Open the model at `path`, or start one with `data`."""
        self.path = path
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0  # of this process's life
        if data is None:
            with open(path, encoding="utf-8") as source:
                self.text = source.read()
            self.data: Model = json.loads(self.text)
        else:
            self.replace(data)

    def change(self, function: Callable[..., Any], *args: Any) -> Any:
        """Apply `function(data, *args)` to a copy; keep the copy only if nothing was raised.

        `function` is a function of this package and `args` are plain data, so that the call could
        be made by a process on another machine.
        """
        with self.lock:
            data = json.loads(self.text)
            result = function(data, *args)
            self.replace(data)
            self.changed.notify_all()
            return result

    def replace(self, data: Model) -> None:
        """Make `data` the model, on disk first."""
        text = json.dumps(data, separators=(",", ":"))
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        temporary = self.path + ".new"
        with open(temporary, "w", encoding="utf-8") as target:
            target.write(text)
        os.replace(temporary, self.path)
        self.text = text
        self.data = data
        self.version += 1
