"""`python -m benchmarks [BENCHMARK …]`: runs each benchmark on an empty database of its own and removes it
afterwards."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable

import uvloop

from benchmarks import execution, history, live, notifications, peer, search
from benchmarks.environment import Environment, Options, temporary_environment
from server.logs import disable_logging

BENCHMARKS: dict[str, Callable[[Environment], Awaitable[None]]] = {
    "execution": execution.run,
    "history": history.run,
    "live": live.run,
    "notifications": notifications.run,
    "peer": peer.run,
    "search": search.run,
}

SMALLEST_CHANNEL = 60
"""The fewest messages in any channel of the smaller account, so that every channel fills a page of 50."""


def main() -> None:
    parser = argparse.ArgumentParser("scripts/bench", description="Measures the chat on a database that it generates.")
    parser.add_argument(
        "benchmarks", nargs="*", metavar="BENCHMARK", help=f"one of: {', '.join(BENCHMARKS)} (default: all)"
    )
    parser.add_argument(
        "--messages",
        type=int,
        default=1_000_000,
        help="in the larger account; the others of search, the smaller one and that of peer have a tenth (%(default)s)",
    )
    parser.add_argument("--channels", type=int, default=500, help="in each account (%(default)s)")
    parser.add_argument("--rounds", type=int, default=200, help="measured rounds per request (%(default)s)")
    parser.add_argument("--sockets", type=int, default=1_000, help="live: sockets on one channel (%(default)s)")
    parser.add_argument(
        "--posts",
        type=int,
        default=10,
        help="live: messages per round to the one channel; ten times as many are sent to many channels (%(default)s)",
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.benchmarks) - BENCHMARKS.keys():
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}. The benchmarks are {', '.join(BENCHMARKS)}.")
    if arguments.sockets < 20 or arguments.posts < 2:
        parser.error("--sockets must be at least 20 and --posts at least 2.")
    if (
        arguments.channels < 2
        or arguments.rounds < 2
        or arguments.messages < arguments.channels * SMALLEST_CHANNEL * 12
    ):
        parser.error(
            f"--channels and --rounds must be at least 2, --messages at least {SMALLEST_CHANNEL * 12} per channel."
        )

    disable_logging()
    # SIGTERM exits every `with` block as Ctrl-C does, so the database is stopped and removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = Options(arguments.messages, arguments.channels, arguments.rounds, arguments.sockets, arguments.posts)
    for name in arguments.benchmarks or BENCHMARKS:
        with (
            temporary_environment(options) as environment,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_run(BENCHMARKS[name], environment))


async def _run(benchmark: Callable[[Environment], Awaitable[None]], environment: Environment) -> None:
    await benchmark(environment)


if __name__ == "__main__":
    main()
