"""Benchmarks of the chat on databases that they generate. `scripts/bench` runs them.

A benchmark is one file with one coroutine `(Environment) -> None`, listed in `__main__.BENCHMARKS`.
"""
