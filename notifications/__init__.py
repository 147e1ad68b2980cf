"""Notifications by e-mail: what an e-mail contains and how it is handed to a mail server."""
