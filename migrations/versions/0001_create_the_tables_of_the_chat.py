"""Create the tables of the chat"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The models as they stood at this revision; later revisions change them step by step.
    op.create_table('account_clocks',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('change', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_account_clocks')),
    postgresql_with={'fillfactor': 50}
    )
    op.create_table('accounts',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('chat_enabled', sa.Boolean(), nullable=False),
    sa.Column('enabled_roles', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('who_creates_private', sa.String(length=32), nullable=False),
    sa.Column('who_creates_announcement', sa.String(length=32), nullable=False),
    sa.Column('card_preview', sa.String(length=32), nullable=False),
    sa.Column('email_contents', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("'ADMINISTRATOR' = ANY (enabled_roles)", name=op.f('ck_accounts_administrators_enabled')),
    sa.CheckConstraint("card_preview IN ('WITH_ACCESS', 'CHANNEL')", name=op.f('ck_accounts_card_preview')),
    sa.CheckConstraint("who_creates_announcement IN ('EVERYONE', 'CHANNEL_MANAGERS', 'ADMINISTRATORS')", name=op.f('ck_accounts_who_creates_announcement')),
    sa.CheckConstraint("who_creates_private IN ('EVERYONE', 'CHANNEL_MANAGERS', 'ADMINISTRATORS')", name=op.f('ck_accounts_who_creates_private')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_accounts'))
    )
    op.create_table('changes',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('change', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=True),
    sa.Column('message_id', sa.UUID(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=True),
    sa.Column('agent_id', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('MESSAGE_ADDED', 'MESSAGE_EDITED', 'MESSAGE_DELETED', 'MESSAGE_REACTED', 'MEMBER_ADDED', 'MEMBER_REMOVED', 'MEMBER_CHANGED', 'AUTHORS_CHANGED', 'CHANNEL_CREATED', 'CHANNEL_UPDATED', 'MADE_PUBLIC', 'MADE_PRIVATE', 'AGENT_CHANGED', 'AGENT_DEACTIVATED', 'AGENT_REACTIVATED', 'SETTINGS_CHANGED')", name=op.f('ck_changes_kind')),
    sa.PrimaryKeyConstraint('account_id', 'change', name=op.f('pk_changes'))
    )
    op.create_index(op.f('ix_changes_account_id_agent_id_change'), 'changes', ['account_id', 'agent_id', 'change'], unique=False, postgresql_where='message_id IS NULL')
    op.create_index(op.f('ix_changes_account_id_channel_id_change'), 'changes', ['account_id', 'channel_id', 'change'], unique=False)
    op.create_table('agents',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sort_name', sa.Text(collation='C'), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('avatar_url', sa.Text(), nullable=True),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('send_key', sa.String(length=32), nullable=False),
    sa.CheckConstraint("role IN ('AGENT', 'ADMINISTRATOR')", name=op.f('ck_agents_role')),
    sa.CheckConstraint("send_key IN ('ENTER', 'MOD_ENTER')", name=op.f('ck_agents_send_key')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.account_id'], name=op.f('fk_agents_accounts_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'agent_id', name=op.f('pk_agents'))
    )
    op.create_index(op.f('ix_agents_account_id_sort_name_agent_id'), 'agents', ['account_id', 'sort_name', 'agent_id'], unique=False)
    op.create_table('teams',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('team_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.account_id'], name=op.f('fk_teams_accounts_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'team_id', name=op.f('pk_teams'))
    )
    op.create_table('channels',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('name', sa.Text(), nullable=True),
    sa.Column('sort_name', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('avatar_icon', sa.Text(), nullable=True),
    sa.Column('avatar_color', sa.Text(), nullable=True),
    sa.Column('direct_low', sa.Text(), nullable=True),
    sa.Column('direct_high', sa.Text(), nullable=True),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_seq', sa.BigInteger(), nullable=False),
    sa.Column('post_count', sa.BigInteger(), nullable=False),
    sa.Column('member_count', sa.Integer(), nullable=False),
    sa.Column('last_activity_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'DIRECT') = (direct_low IS NOT NULL) AND (kind = 'DIRECT') = (direct_high IS NOT NULL)", name=op.f('ck_channels_pair_only_if_direct')),
    sa.CheckConstraint("(kind = 'DIRECT') = (name IS NULL)", name=op.f('ck_channels_named_unless_direct')),
    sa.CheckConstraint("kind IN ('PUBLIC', 'PRIVATE', 'ANNOUNCEMENT', 'DIRECT')", name=op.f('ck_channels_kind')),
    sa.CheckConstraint('(avatar_icon IS NULL) = (avatar_color IS NULL)', name=op.f('ck_channels_icon_with_color')),
    sa.CheckConstraint('direct_low COLLATE "C" < direct_high COLLATE "C"', name=op.f('ck_channels_pair_in_order')),
    sa.ForeignKeyConstraint(['account_id', 'created_by'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_channels_agents_account_id_created_by')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.account_id'], name=op.f('fk_channels_accounts_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'channel_id', name=op.f('pk_channels')),
    sa.UniqueConstraint('account_id', 'direct_low', 'direct_high', name=op.f('uq_channels_account_id_direct_low_direct_high'))
    )
    op.create_index(op.f('ix_channels_account_id_sort_name_channel_id'), 'channels', ['account_id', 'sort_name', 'channel_id'], unique=False)
    op.create_table('presences',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('connected_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('ONLINE', 'BUSY', 'OFFLINE')", name=op.f('ck_presences_status')),
    sa.ForeignKeyConstraint(['account_id', 'agent_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_presences_agents_account_id_agent_id')),
    sa.PrimaryKeyConstraint('account_id', 'agent_id', name=op.f('pk_presences'))
    )
    op.create_index(op.f('ix_presences_account_id_connected_until'), 'presences', ['account_id', 'connected_until'], unique=False)
    op.create_table('team_agents',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('team_id', sa.Text(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id', 'agent_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_team_agents_agents_account_id_agent_id')),
    sa.ForeignKeyConstraint(['account_id', 'team_id'], ['teams.account_id', 'teams.team_id'], name=op.f('fk_team_agents_teams_account_id_team_id')),
    sa.PrimaryKeyConstraint('account_id', 'team_id', 'agent_id', name=op.f('pk_team_agents'))
    )
    op.create_table('authors',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id', 'agent_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_authors_agents_account_id_agent_id')),
    sa.ForeignKeyConstraint(['account_id', 'channel_id'], ['channels.account_id', 'channels.channel_id'], name=op.f('fk_authors_channels_account_id_channel_id')),
    sa.PrimaryKeyConstraint('account_id', 'channel_id', 'agent_id', name=op.f('pk_authors'))
    )
    op.create_table('members',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.Column('role', sa.String(length=32), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('notification_level', sa.String(length=32), nullable=False),
    sa.Column('muted', sa.Boolean(), nullable=False),
    sa.Column('muted_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('favourite', sa.Boolean(), nullable=False),
    sa.Column('read_seq', sa.BigInteger(), nullable=False),
    sa.Column('read_posts', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("notification_level IN ('EVERYTHING', 'MENTIONS', 'NOTHING')", name=op.f('ck_members_notification_level')),
    sa.CheckConstraint("role IN ('OWNER', 'ADMIN', 'MEMBER')", name=op.f('ck_members_role')),
    sa.ForeignKeyConstraint(['account_id', 'agent_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_members_agents_account_id_agent_id')),
    sa.ForeignKeyConstraint(['account_id', 'channel_id'], ['channels.account_id', 'channels.channel_id'], name=op.f('fk_members_channels_account_id_channel_id')),
    sa.PrimaryKeyConstraint('account_id', 'channel_id', 'agent_id', name=op.f('pk_members'))
    )
    op.create_index(op.f('ix_members_account_id_agent_id_channel_id'), 'members', ['account_id', 'agent_id', 'channel_id'], unique=True)
    op.create_table('messages',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('message_id', sa.UUID(), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('post_number', sa.BigInteger(), nullable=False),
    sa.Column('author_id', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('system_event', sa.String(length=32), nullable=True),
    sa.Column('system_agent_ids', sa.ARRAY(sa.Text()), nullable=True),
    sa.Column('system_before', sa.Text(), nullable=True),
    sa.Column('system_after', sa.Text(), nullable=True),
    sa.Column('reply_to_id', sa.UUID(), nullable=True),
    sa.Column('client_key', sa.Text(), nullable=True),
    sa.Column('payload_hash', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.CheckConstraint("deleted_at IS NULL OR body = ''", name=op.f('ck_messages_tombstone_is_empty')),
    sa.CheckConstraint("system_event IN ('CREATED', 'JOINED', 'LEFT', 'ADDED', 'REMOVED', 'ADMINISTRATOR_JOINED', 'ROLE_CHANGED', 'RENAMED', 'DESCRIBED', 'KIND_CHANGED', 'ARCHIVED', 'UNARCHIVED', 'PINNED')", name=op.f('ck_messages_system_event')),
    sa.CheckConstraint('(client_key IS NULL) = (payload_hash IS NULL)', name=op.f('ck_messages_hash_with_key')),
    sa.ForeignKeyConstraint(['account_id', 'author_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_messages_agents_account_id_author_id')),
    sa.ForeignKeyConstraint(['account_id', 'channel_id'], ['channels.account_id', 'channels.channel_id'], name=op.f('fk_messages_channels_account_id_channel_id')),
    sa.ForeignKeyConstraint(['account_id', 'reply_to_id'], ['messages.account_id', 'messages.message_id'], name=op.f('fk_messages_messages_account_id_reply_to_id')),
    sa.PrimaryKeyConstraint('account_id', 'message_id', name=op.f('pk_messages')),
    sa.UniqueConstraint('account_id', 'author_id', 'client_key', name=op.f('uq_messages_account_id_author_id_client_key')),
    sa.UniqueConstraint('account_id', 'channel_id', 'seq', name=op.f('uq_messages_account_id_channel_id_seq'))
    )
    op.create_index(op.f('ix_messages_account_id_channel_id_post_number'), 'messages', ['account_id', 'channel_id', 'post_number'], unique=True, postgresql_where='system_event IS NULL')
    op.create_table('personal_notes',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id', 'agent_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_personal_notes_agents_account_id_agent_id')),
    sa.ForeignKeyConstraint(['account_id', 'channel_id'], ['channels.account_id', 'channels.channel_id'], name=op.f('fk_personal_notes_channels_account_id_channel_id')),
    sa.PrimaryKeyConstraint('account_id', 'agent_id', 'channel_id', name=op.f('pk_personal_notes'))
    )
    op.create_table('cards',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('card_id', sa.UUID(), nullable=False),
    sa.Column('message_id', sa.UUID(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('item_id', sa.Text(), nullable=False),
    sa.Column('shared_by', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('CONVERSATION', 'CONTACT', 'DEAL', 'TASK', 'CATALOG_PRODUCT', 'CHARGE', 'CALENDAR_EVENT', 'WHATSAPP_BROADCAST', 'CAMPAIGN')", name=op.f('ck_cards_kind')),
    sa.ForeignKeyConstraint(['account_id', 'message_id'], ['messages.account_id', 'messages.message_id'], name=op.f('fk_cards_messages_account_id_message_id')),
    sa.ForeignKeyConstraint(['account_id', 'shared_by'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_cards_agents_account_id_shared_by')),
    sa.PrimaryKeyConstraint('account_id', 'card_id', name=op.f('pk_cards'))
    )
    op.create_index(op.f('ix_cards_account_id_kind_item_id_card_id'), 'cards', ['account_id', 'kind', 'item_id', 'card_id'], unique=False)
    op.create_index(op.f('ix_cards_account_id_message_id_place'), 'cards', ['account_id', 'message_id', 'place'], unique=False)
    op.create_table('mentioned_agents',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.Column('channel_id', sa.UUID(), nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('message_id', sa.UUID(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id', 'message_id'], ['messages.account_id', 'messages.message_id'], name=op.f('fk_mentioned_agents_messages_account_id_message_id')),
    sa.PrimaryKeyConstraint('account_id', 'agent_id', 'channel_id', 'seq', name=op.f('pk_mentioned_agents'))
    )
    op.create_index(op.f('ix_mentioned_agents_account_id_message_id'), 'mentioned_agents', ['account_id', 'message_id'], unique=False)
    op.create_table('mentions',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('message_id', sa.UUID(), nullable=False),
    sa.Column('place', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('target', sa.String(length=32), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=True),
    sa.Column('team_id', sa.Text(), nullable=True),
    sa.Column('team_name', sa.Text(), nullable=True),
    sa.Column('reachable', sa.Boolean(), nullable=False),
    sa.CheckConstraint("target IN ('AGENT', 'TEAM', 'CHANNEL')", name=op.f('ck_mentions_target')),
    sa.ForeignKeyConstraint(['account_id', 'message_id'], ['messages.account_id', 'messages.message_id'], name=op.f('fk_mentions_messages_account_id_message_id')),
    sa.PrimaryKeyConstraint('account_id', 'message_id', 'place', name=op.f('pk_mentions'))
    )
    op.create_table('reactions',
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('message_id', sa.UUID(), nullable=False),
    sa.Column('emoji', sa.Text(), nullable=False),
    sa.Column('agent_id', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id', 'agent_id'], ['agents.account_id', 'agents.agent_id'], name=op.f('fk_reactions_agents_account_id_agent_id')),
    sa.ForeignKeyConstraint(['account_id', 'message_id'], ['messages.account_id', 'messages.message_id'], name=op.f('fk_reactions_messages_account_id_message_id')),
    sa.PrimaryKeyConstraint('account_id', 'message_id', 'emoji', 'agent_id', name=op.f('pk_reactions'))
    )


def downgrade() -> None:
    # The models as they stood at this revision; later revisions change them step by step.
    op.drop_table('reactions')
    op.drop_table('mentions')
    op.drop_index(op.f('ix_mentioned_agents_account_id_message_id'), table_name='mentioned_agents')
    op.drop_table('mentioned_agents')
    op.drop_index(op.f('ix_cards_account_id_message_id_place'), table_name='cards')
    op.drop_index(op.f('ix_cards_account_id_kind_item_id_card_id'), table_name='cards')
    op.drop_table('cards')
    op.drop_table('personal_notes')
    op.drop_index(op.f('ix_messages_account_id_channel_id_post_number'), table_name='messages', postgresql_where='system_event IS NULL')
    op.drop_table('messages')
    op.drop_index(op.f('ix_members_account_id_agent_id_channel_id'), table_name='members')
    op.drop_table('members')
    op.drop_table('authors')
    op.drop_table('team_agents')
    op.drop_index(op.f('ix_presences_account_id_connected_until'), table_name='presences')
    op.drop_table('presences')
    op.drop_index(op.f('ix_channels_account_id_sort_name_channel_id'), table_name='channels')
    op.drop_table('channels')
    op.drop_table('teams')
    op.drop_index(op.f('ix_agents_account_id_sort_name_agent_id'), table_name='agents')
    op.drop_table('agents')
    op.drop_index(op.f('ix_changes_account_id_channel_id_change'), table_name='changes')
    op.drop_index(op.f('ix_changes_account_id_agent_id_change'), table_name='changes', postgresql_where='message_id IS NULL')
    op.drop_table('changes')
    op.drop_table('accounts')
    op.drop_table('account_clocks')
