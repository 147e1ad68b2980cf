"""The failure of a start that only a change of the configuration can resolve."""


class Misconfigured(Exception):
    """The operator must change something. The text says what, and contains no secret."""
