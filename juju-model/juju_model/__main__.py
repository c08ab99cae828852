"""`python3 -m juju_model --root DIR`: the daemon in the foreground."""

from .agent.daemon import main

main()
