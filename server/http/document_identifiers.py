"""The identifiers of persisted documents.

https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md
"""

import hashlib

HASH_PREFIX = "sha256:"


def hash_identifier(text: str) -> str:
    """Returns the identifier that every document has: the hash of its text."""
    return HASH_PREFIX + hashlib.sha256(text.encode(errors="replace")).hexdigest()
