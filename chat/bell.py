"""SQL fragments that mark notifications as read. Several operations share them.

Reading a message marks its notification as read and cancels its unsent e-mail, in the same statement.

A statement that changes the agent's row of `members` and their notifications locks the former first: `(SELECT count(*)
FROM …) >= 0` makes the notifications wait for it. PostgreSQL executes parts of a statement that do not depend on each
other in any order, and two devices of the agent could deadlock.
"""

MARK_READ = """
    read_at = :now,
    email_state = CASE WHEN email_state IN ('WAITING', 'POSTPONED') THEN 'TAKEN_BACK' ELSE email_state END,
    email_at = CASE WHEN email_state IN ('WAITING', 'POSTPONED') THEN :now ELSE email_at END
    """
"""The SET clause of an UPDATE that marks notifications as read."""

IS_UNREAD = "account_id = :account_id AND agent_id = :agent_id AND read_at IS NULL AND type IS NOT NULL"
"""The condition for the unread notifications of `agent_id`. It matches the predicate of a partial index."""
