"""Ending the process on SIGINT and SIGTERM."""

import signal
from types import FrameType
from typing import NoReturn


def exit_on_signals() -> None:
    """Makes SIGINT and SIGTERM raise SystemExit(0), so that every `with` block cleans up. Later signals are ignored: a
    second Ctrl-C would leave the database running. While uvicorn serves, it handles the signals itself and raises them
    again when it has stopped."""

    def exit_once(_signal: int, _frame: FrameType | None) -> NoReturn:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, exit_once)
