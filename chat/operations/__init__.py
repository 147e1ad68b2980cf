"""The operations of the chat. Each is one transaction: gather, decide, write, announce."""
