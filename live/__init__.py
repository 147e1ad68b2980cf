"""The engine behind subscriptions: it learns of changes, reads them once per process and passes them to the streams.

`hub` receives wake-ups through `broadcast` and keeps a `feed` of changes for each account that has streams here.
`replay` reads a feed for one stream: first what it missed, then what happens. `access_history` decides who could read
a channel when. `signals` passes on what is never stored, `presence` keeps track of who is online, and `pruning` deletes
old changes.
"""
