"""Run certbot as a hook does, and wait for it: hook_with_certbot.py LIB PATH LOGS."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from layer_lets_encrypt.ca import gate  # noqa: E402

gate.SEARCH_PATH = sys.argv[2]
gate.run([], gate.environment({}, None, "attempt-2"), Path(sys.argv[3]))
