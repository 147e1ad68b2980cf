"""The files of messages and avatars: where their bytes are stored and what is found in them."""
