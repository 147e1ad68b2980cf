"""Reading notifications and deleting them: the parts of statements that several operations share.

Reading a message reads its notification and takes back its unsent e-mail. An agent who loses access to a channel loses
its notifications. Each happens in the statement that causes it.

A statement that changes the agent's row of `members` and their notifications locks the former first: `(SELECT count(*)
FROM …) >= 0` makes the notifications wait for it. PostgreSQL executes parts of a statement that do not depend on each
other in any order, and two devices of the agent could deadlock.
"""

MARK_READ = """
    read_at = :now,
    email_state = CASE WHEN email_state IN ('WAITING', 'POSTPONED') THEN 'TAKEN_BACK' ELSE email_state END,
    email_at = CASE WHEN email_state IN ('WAITING', 'POSTPONED') THEN :now ELSE email_at END
    """
"""The SET clause of an UPDATE of `notifications` that reads them."""

IS_UNREAD = "account_id = :account_id AND agent_id = :agent_id AND read_at IS NULL AND type IS NOT NULL"
"""The condition for the unread notifications of `agent_id`. It is that of an index."""
