"""What can be done in the chat: each function is one transaction, in the order gather, decide, write, announce."""
