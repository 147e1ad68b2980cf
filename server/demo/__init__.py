"""The demo: two companies with a few weeks of conversation, for front ends to be built on.

`script` is the vocabulary, `people`, `companies` and `conversations` are the content, `timeline` puts it in order
and `player` plays it through the chat's operations. `items` are what the demo's source modules hold.
"""

from server.demo.seeding import seed

__all__ = ["seed"]
