"""`python3 -m agent --root DIR`: the daemon in the foreground."""

from .daemon import main

main()
