"""The ``stepnet`` command: ``python -m stepnet``, or ``stepnet`` after an installation."""

from __future__ import annotations

import signal
import sys

from stepnet import _native


def main() -> int:
    # The command listens to signals itself, and Python would add a traceback of its own to Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.command(["stepnet", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
