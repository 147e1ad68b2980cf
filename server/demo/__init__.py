"""The demo: two accounts with a few weeks of messages, for building front ends against.

`content` has the accounts as text files, and a README about their format. `loading` reads the files into the types of
`account_format` and `channel_format`, and `fields` has the types of their fields. `generated_files` makes the files of
messages. `timeline` puts everything that
happens in order, `player` plays it through the chat's operations, and `seeding` runs this once per database. `sign_in`
has the routes for signing in as an agent.
"""

from server.demo.seeding import seed

__all__ = ["seed"]
