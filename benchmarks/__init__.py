"""Measurements of the chat on databases that they generate, run by `scripts/bench`.

A bench is one file with one coroutine `(Place) -> None`, named in `__main__.BENCHES`.
"""
