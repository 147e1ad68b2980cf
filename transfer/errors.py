"""The failure of an export or import that the operator can resolve."""


class TransferFailed(Exception):
    """The text is printed for the operator, without a traceback."""
