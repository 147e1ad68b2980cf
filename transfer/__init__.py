"""Moving an account in and out: the export of an account into a folder, and its import."""
