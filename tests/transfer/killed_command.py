"""`internal-chat` in a process that is killed when a function is called for the n-th time:

    python -m tests.transfer.killed_command transfer.exporting:write_page 3 export --account 1 --into folder

Pages are small, so that an account of a test has many of them. With 0, the process is not killed.
"""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from server.cli import main
from transfer import exporting

PAGE_ROWS = 4


def kill_at(target: str, call: int) -> None:
    module_name, _, name = target.partition(":")
    module = import_module(module_name)
    original: Callable[..., Any] = getattr(module, name)
    calls = 0

    def counted(*arguments: object, **named: object) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(module, name, counted)


if __name__ == "__main__":
    target, call, *sys.argv[1:] = sys.argv[1:]
    vars(exporting)["PAGE_ROWS"] = PAGE_ROWS
    kill_at(target, int(call))
    main()
