-- +goose Up
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    max_inboxes INTEGER,
    gdpr_enabled BOOLEAN NOT NULL DEFAULT false,
    created_at INTEGER NOT NULL
);

CREATE TABLE account_sequences (
    id TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL DEFAULT 0,
    log_floor INTEGER NOT NULL DEFAULT 0,
    log_epoch TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (id) REFERENCES accounts (id)
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    avatar_url TEXT NOT NULL DEFAULT '',
    role TEXT NOT NULL,
    seat TEXT NOT NULL,
    availability TEXT NOT NULL,
    reassign_replies_when_away BOOLEAN NOT NULL DEFAULT false,
    deactivated_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX users_account_email ON users (account_id, email);

CREATE TABLE teams (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX teams_account_name ON teams (account_id, name);

CREATE TABLE team_members (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX team_members_team_user ON team_members (team_id, user_id);
CREATE INDEX team_members_user ON team_members (user_id);

CREATE TABLE integrations (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    inbox_ids JSON NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE bots (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    avatar_url TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL DEFAULT '',
    integration_id TEXT NOT NULL DEFAULT '',
    scopes JSON NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX api_tokens_account ON api_tokens (account_id, id);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE inboxes (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    deleted_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE inbox_users (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX inbox_users_inbox_user ON inbox_users (inbox_id, user_id);
CREATE INDEX inbox_users_user ON inbox_users (user_id);

CREATE TABLE inbox_teams (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    team_id TEXT NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id)
);
CREATE UNIQUE INDEX inbox_teams_inbox_team ON inbox_teams (inbox_id, team_id);
CREATE INDEX inbox_teams_team ON inbox_teams (team_id);

CREATE TABLE channels (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    accent_color TEXT NOT NULL DEFAULT '#2457d6',
    title TEXT NOT NULL DEFAULT '',
    send_transcript BOOLEAN NOT NULL DEFAULT true,
    identity_secret TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX channels_inbox_kind ON channels (inbox_id, kind);

CREATE TABLE contact_lists (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE targeted_messages (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    position INTEGER NOT NULL,
    audience TEXT NOT NULL,
    include_list_ids JSON NOT NULL,
    exclude_list_ids JSON NOT NULL,
    rules JSON NOT NULL,
    welcome_message TEXT NOT NULL,
    bot_id TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    published_at INTEGER NOT NULL DEFAULT 0,
    off_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE INDEX targeted_messages_channel_position ON targeted_messages (channel_id, position);

CREATE TABLE contacts (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    last_seen_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE INDEX contacts_account_created_at ON contacts (account_id, created_at, id);

CREATE TABLE contact_emails (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    address TEXT NOT NULL,
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id)
);
CREATE UNIQUE INDEX contact_emails_account_address ON contact_emails (account_id, address);
CREATE INDEX contact_emails_contact ON contact_emails (contact_id);

CREATE TABLE visitors (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    contact_id TEXT NOT NULL DEFAULT '',
    identity TEXT,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    merged_into TEXT NOT NULL DEFAULT '',
    last_seen_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX visitors_channel_identity ON visitors (channel_id, identity);
CREATE INDEX visitors_contact ON visitors (contact_id);

CREATE TABLE blocks (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    blocked_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX blocks_channel_sender ON blocks (channel_id, sender);

CREATE TABLE conversations (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    folder TEXT NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT NOT NULL DEFAULT '',
    visitor_id TEXT NOT NULL DEFAULT '',
    assignee_id TEXT NOT NULL DEFAULT '',
    assigned_team_id TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    preview TEXT NOT NULL DEFAULT '',
    opened_at INTEGER NOT NULL,
    last_message_at INTEGER NOT NULL,
    waiting_since INTEGER NOT NULL DEFAULT 9223372036854775807,
    closed_at INTEGER NOT NULL DEFAULT 0,
    filtered INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER NOT NULL DEFAULT 0,
    bot_id TEXT NOT NULL DEFAULT '',
    bot_state TEXT NOT NULL DEFAULT 'NONE',
    ever_assigned BOOLEAN NOT NULL DEFAULT false,
    in_bots BOOLEAN NOT NULL DEFAULT false,
    visitor_active_at INTEGER NOT NULL,
    origin_url TEXT NOT NULL DEFAULT '',
    targeted_message_id TEXT NOT NULL DEFAULT '',
    targeted_message_version INTEGER NOT NULL DEFAULT 0,
    priority TEXT NOT NULL DEFAULT 'NONE',
    tags JSON NOT NULL,
    snoozed_until INTEGER NOT NULL DEFAULT 0,
    last_number INTEGER NOT NULL DEFAULT 0,
    last_visible_number INTEGER NOT NULL DEFAULT 0,
    last_incoming_number INTEGER NOT NULL DEFAULT 0,
    visitor_read_number INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE INDEX conversations_visitor ON conversations (visitor_id);
CREATE INDEX conversations_contact ON conversations (contact_id);
CREATE INDEX conversations_ended_bot ON conversations (visitor_active_at) WHERE bot_state = 'ENDED' AND status = 'OPEN';
CREATE INDEX conversations_folder_kind_status_last_message_at ON conversations (inbox_id, folder, kind, status, last_message_at, id);
CREATE INDEX conversations_folder_assignee_status_last_message_at ON conversations (inbox_id, folder, assignee_id, status, last_message_at, id);
CREATE INDEX conversations_bots_status_last_message_at ON conversations (inbox_id, status, last_message_at, id) WHERE in_bots;
CREATE INDEX conversations_folder_kind_status_opened_at ON conversations (inbox_id, folder, kind, status, opened_at, id);
CREATE INDEX conversations_folder_assignee_status_opened_at ON conversations (inbox_id, folder, assignee_id, status, opened_at, id);
CREATE INDEX conversations_bots_status_opened_at ON conversations (inbox_id, status, opened_at, id) WHERE in_bots;
CREATE INDEX conversations_folder_kind_status_waiting_since ON conversations (inbox_id, folder, kind, status, waiting_since, id);
CREATE INDEX conversations_folder_assignee_status_waiting_since ON conversations (inbox_id, folder, assignee_id, status, waiting_since, id);
CREATE INDEX conversations_bots_status_waiting_since ON conversations (inbox_id, status, waiting_since, id) WHERE in_bots;
CREATE INDEX conversations_trash ON conversations (deleted_at) WHERE deleted_at > 0;

CREATE TABLE read_positions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX read_positions_conversation_user ON read_positions (conversation_id, user_id);

CREATE TABLE messages (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    visible_number INTEGER NOT NULL,
    direction TEXT NOT NULL,
    author_kind TEXT NOT NULL,
    author_id TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    html TEXT NOT NULL DEFAULT '',
    mentions JSON,
    delivery TEXT NOT NULL,
    delivery_error TEXT NOT NULL DEFAULT '',
    edited_at INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX messages_conversation_number ON messages (conversation_id, number);

CREATE TABLE message_revisions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    html TEXT NOT NULL DEFAULT '',
    replaced_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX message_revisions_message ON message_revisions (message_id, id);
CREATE INDEX message_revisions_conversation ON message_revisions (conversation_id);

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    type TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL DEFAULT '',
    inbox_id TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    message_id TEXT NOT NULL DEFAULT '',
    subject_id TEXT NOT NULL DEFAULT '',
    user_id TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 0,
    changes JSON NOT NULL
);
CREATE UNIQUE INDEX events_account_sequence ON events (account_id, sequence);
CREATE INDEX events_conversation_sequence ON events (conversation_id, sequence);

CREATE TABLE idempotency_keys (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    mutation TEXT NOT NULL,
    key TEXT NOT NULL,
    input_hash BLOB NOT NULL,
    result JSON NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX idempotency_keys_account_actor_mutation_key ON idempotency_keys (account_id, actor_id, mutation, key);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    params JSON NOT NULL,
    cursor TEXT NOT NULL DEFAULT '',
    total INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    problems JSON NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    token_id TEXT NOT NULL DEFAULT '',
    finished_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- What search finds: a document for each message, and one for each conversation's header.
CREATE TABLE search_documents (
    id INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    message_id TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX search_documents_conversation_message ON search_documents (conversation_id, message_id);
CREATE VIRTUAL TABLE search_index USING fts4 (terms, tokenize=simple, order=desc);
