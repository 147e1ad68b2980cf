"""`python -m benchmarks [BENCH …]`: each on an empty database of its own, which is removed in the end."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

import uvloop

from benchmarks import history, live
from benchmarks.place import Options, Place, empty_place

BENCHES: dict[str, Callable[[Place], Awaitable[None]]] = {
    "history": history.run,
    "live": live.run,
}

SMALLEST_CHANNEL = 60
"""Messages that the smallest channel of the smaller account must hold, so that a page of 50 is one."""


def main() -> None:
    parser = argparse.ArgumentParser("scripts/bench", description="Measures the chat on a database that it generates.")
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"which: {', '.join(BENCHES)}; all by default")
    parser.add_argument("--messages", type=int, default=1_000_000, help="in the larger account (%(default)s)")
    parser.add_argument("--channels", type=int, default=500, help="in each account (%(default)s)")
    parser.add_argument("--rounds", type=int, default=200, help="measured of each request (%(default)s)")
    parser.add_argument("--sockets", type=int, default=1_000, help="on one channel, live (%(default)s)")
    parser.add_argument("--posts", type=int, default=20, help="to one channel, live; to many ten times (%(default)s)")
    given = parser.parse_args()
    if unknown := set(given.benches) - BENCHES.keys():
        parser.error(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}.")
    if given.sockets < 20 or given.posts < 2:
        parser.error("At least 20 sockets and 2 posts.")
    if given.channels < 2 or given.rounds < 2 or given.messages < given.channels * SMALLEST_CHANNEL * 12:
        parser.error(f"At least 2 channels, 2 rounds and {SMALLEST_CHANNEL * 12} messages per channel.")

    # SIGTERM leaves every `with`, as Ctrl-C does: the database is stopped and removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = Options(given.messages, given.channels, given.rounds, given.sockets, given.posts)
    for name in given.benches or BENCHES:
        with empty_place(options) as place, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(BENCHES[name], place))


async def _run(bench: Callable[[Place], Awaitable[None]], place: Place) -> None:
    await bench(place)


if __name__ == "__main__":
    main()
