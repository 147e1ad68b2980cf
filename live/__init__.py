"""The engine behind subscriptions: it is notified of changes, reads them once per process and passes them to streams.

`hub` receives wake-ups through `broadcast` and keeps a `feed` of changes for each account that has streams here.
`replay` reads a feed for one stream: first the changes that it missed, then live ones. `access_history` determines who
could read a channel at which change. `signals` delivers ephemeral events, which are never stored, `presence` keeps
track of who is online, and `pruning` deletes old changes.
"""
