"""What can be done in the chat. Each operation is one transaction: gather, decide, write, announce."""
