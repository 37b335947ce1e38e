"""Run Rasa as somebody's child: `python -m nlu.components.child run -i 127.0.0.1 …` (Rasa's own arguments).

It dies with its parent, even when the parent is killed: the parent holds the other end of standard input, which
closes with it, and on Linux the kernel sends a signal as well.
"""

import ctypes
import os
import signal
import sys
import threading
import warnings

_PR_SET_PDEATHSIG = 1  # prctl(2)


def _leave_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True, name="parent").start()


def main() -> None:
    """Start Rasa with the arguments of the command line."""
    _leave_with_parent()
    warnings.simplefilter("ignore")  # hundreds of lines about Rasa's own old dependencies
    from rasa.__main__ import main as rasa

    rasa()


if __name__ == "__main__":
    main()
