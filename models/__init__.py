"""The tables. Importing this package registers all of them with the metadata."""

from sqlmodel import SQLModel

from models.accounts import Account, AccountClock
from models.agents import Agent, PendingActivation, Presence, Team, TeamAgent
from models.attachments import Attachment, UnusedFile
from models.audit import AuditEntry
from models.cards import Card
from models.changes import Change, ChangedAgent
from models.channels import Author, Channel, Member, PersonalNote
from models.forwards import Forward
from models.imports import AccountImport
from models.messages import Mention, MentionedAgent, Message, Reaction
from models.notifications import Email, Notification, NotificationPreference, QuietHours
from models.pins import Pin
from models.saved_messages import SavedMessage
from models.search import SearchBackfill, SearchEntry

metadata = SQLModel.metadata

__all__ = [
    "Account",
    "AccountClock",
    "AccountImport",
    "Agent",
    "Attachment",
    "AuditEntry",
    "Author",
    "Card",
    "Change",
    "ChangedAgent",
    "Channel",
    "Email",
    "Forward",
    "Member",
    "Mention",
    "MentionedAgent",
    "Message",
    "Notification",
    "NotificationPreference",
    "PendingActivation",
    "PersonalNote",
    "Pin",
    "Presence",
    "QuietHours",
    "Reaction",
    "SavedMessage",
    "SearchBackfill",
    "SearchEntry",
    "Team",
    "TeamAgent",
    "UnusedFile",
    "metadata",
]
