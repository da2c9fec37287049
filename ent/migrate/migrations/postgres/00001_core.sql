-- +goose Up
CREATE TABLE accounts (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    time_zone text COLLATE "C" NOT NULL DEFAULT 'UTC',
    max_inboxes bigint,
    gdpr_enabled boolean NOT NULL DEFAULT false,
    created_at bigint NOT NULL
);

CREATE TABLE account_sequences (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT 0,
    log_floor bigint NOT NULL DEFAULT 0,
    log_epoch text COLLATE "C" NOT NULL DEFAULT '',
    FOREIGN KEY (id) REFERENCES accounts (id)
);

CREATE TABLE users (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    email text COLLATE "C" NOT NULL,
    avatar_url text COLLATE "C" NOT NULL DEFAULT '',
    role text COLLATE "C" NOT NULL,
    seat text COLLATE "C" NOT NULL,
    availability text COLLATE "C" NOT NULL,
    reassign_replies_when_away boolean NOT NULL DEFAULT false,
    deactivated_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX users_account_email ON users (account_id, email);

CREATE TABLE teams (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX teams_account_name ON teams (account_id, name);

CREATE TABLE team_members (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    team_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX team_members_team_user ON team_members (team_id, user_id);
CREATE INDEX team_members_user ON team_members (user_id);

CREATE TABLE integrations (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    inbox_ids jsonb NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE bots (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    avatar_url text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE api_tokens (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    hash bytea NOT NULL UNIQUE,
    name text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL DEFAULT '',
    integration_id text COLLATE "C" NOT NULL DEFAULT '',
    scopes jsonb NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE INDEX api_tokens_account ON api_tokens (account_id, id);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

CREATE TABLE inboxes (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    deleted_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE inbox_users (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX inbox_users_inbox_user ON inbox_users (inbox_id, user_id);
CREATE INDEX inbox_users_user ON inbox_users (user_id);

CREATE TABLE inbox_teams (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    team_id text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, team_id) REFERENCES teams (account_id, id)
);
CREATE UNIQUE INDEX inbox_teams_inbox_team ON inbox_teams (inbox_id, team_id);
CREATE INDEX inbox_teams_team ON inbox_teams (team_id);

CREATE TABLE channels (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL UNIQUE,
    accent_color text COLLATE "C" NOT NULL DEFAULT '#2457d6',
    title text COLLATE "C" NOT NULL DEFAULT '',
    send_transcript boolean NOT NULL DEFAULT true,
    identity_secret text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX channels_inbox_kind ON channels (inbox_id, kind);

CREATE TABLE contact_lists (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE targeted_messages (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    audience text COLLATE "C" NOT NULL,
    include_list_ids jsonb NOT NULL,
    exclude_list_ids jsonb NOT NULL,
    rules jsonb NOT NULL,
    welcome_message text COLLATE "C" NOT NULL,
    bot_id text COLLATE "C" NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1,
    published_at bigint NOT NULL DEFAULT 0,
    off_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE INDEX targeted_messages_channel_position ON targeted_messages (channel_id, position);

CREATE TABLE contacts (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL DEFAULT '',
    email text COLLATE "C" NOT NULL DEFAULT '',
    phone text COLLATE "C" NOT NULL DEFAULT '',
    last_seen_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE INDEX contacts_account_created_at ON contacts (account_id, created_at, id);

CREATE TABLE contact_emails (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id)
);
CREATE UNIQUE INDEX contact_emails_account_address ON contact_emails (account_id, address);
CREATE INDEX contact_emails_contact ON contact_emails (contact_id);

CREATE TABLE visitors (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C" NOT NULL DEFAULT '',
    identity text COLLATE "C",
    name text COLLATE "C" NOT NULL DEFAULT '',
    email text COLLATE "C" NOT NULL DEFAULT '',
    merged_into text COLLATE "C" NOT NULL DEFAULT '',
    last_seen_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX visitors_channel_identity ON visitors (channel_id, identity);
CREATE INDEX visitors_contact ON visitors (contact_id);

CREATE TABLE blocks (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL,
    blocked_by text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX blocks_channel_sender ON blocks (channel_id, sender);

CREATE TABLE conversations (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    folder text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    contact_id text COLLATE "C" NOT NULL DEFAULT '',
    visitor_id text COLLATE "C" NOT NULL DEFAULT '',
    assignee_id text COLLATE "C" NOT NULL DEFAULT '',
    assigned_team_id text COLLATE "C" NOT NULL DEFAULT '',
    subject text COLLATE "C" NOT NULL DEFAULT '',
    preview text COLLATE "C" NOT NULL DEFAULT '',
    opened_at bigint NOT NULL,
    last_message_at bigint NOT NULL,
    waiting_since bigint NOT NULL DEFAULT 9223372036854775807,
    closed_at bigint NOT NULL DEFAULT 0,
    filtered bigint NOT NULL DEFAULT 0,
    deleted_at bigint NOT NULL DEFAULT 0,
    bot_id text COLLATE "C" NOT NULL DEFAULT '',
    bot_state text COLLATE "C" NOT NULL DEFAULT 'NONE',
    ever_assigned boolean NOT NULL DEFAULT false,
    in_bots boolean NOT NULL DEFAULT false,
    visitor_active_at bigint NOT NULL,
    origin_url text COLLATE "C" NOT NULL DEFAULT '',
    targeted_message_id text COLLATE "C" NOT NULL DEFAULT '',
    targeted_message_version bigint NOT NULL DEFAULT 0,
    priority text COLLATE "C" NOT NULL DEFAULT 'NONE',
    tags jsonb NOT NULL,
    snoozed_until bigint NOT NULL DEFAULT 0,
    last_number bigint NOT NULL DEFAULT 0,
    last_visible_number bigint NOT NULL DEFAULT 0,
    last_incoming_number bigint NOT NULL DEFAULT 0,
    visitor_read_number bigint NOT NULL DEFAULT 0,
    revision bigint NOT NULL DEFAULT 1,
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
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX read_positions_conversation_user ON read_positions (conversation_id, user_id);

CREATE TABLE messages (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    visible_number bigint NOT NULL,
    direction text COLLATE "C" NOT NULL,
    author_kind text COLLATE "C" NOT NULL,
    author_id text COLLATE "C" NOT NULL,
    text text COLLATE "C" NOT NULL DEFAULT '',
    html text COLLATE "C" NOT NULL DEFAULT '',
    mentions jsonb,
    delivery text COLLATE "C" NOT NULL,
    delivery_error text COLLATE "C" NOT NULL DEFAULT '',
    edited_at bigint NOT NULL DEFAULT 0,
    deleted_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX messages_conversation_number ON messages (conversation_id, number);

CREATE TABLE message_revisions (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    text text COLLATE "C" NOT NULL DEFAULT '',
    html text COLLATE "C" NOT NULL DEFAULT '',
    replaced_by text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX message_revisions_message ON message_revisions (message_id, id);
CREATE INDEX message_revisions_conversation ON message_revisions (conversation_id);

CREATE TABLE events (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    type text COLLATE "C" NOT NULL,
    occurred_at bigint NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id text COLLATE "C" NOT NULL DEFAULT '',
    inbox_id text COLLATE "C" NOT NULL DEFAULT '',
    conversation_id text COLLATE "C" NOT NULL DEFAULT '',
    message_id text COLLATE "C" NOT NULL DEFAULT '',
    subject_id text COLLATE "C" NOT NULL DEFAULT '',
    user_id text COLLATE "C" NOT NULL DEFAULT '',
    revision bigint NOT NULL DEFAULT 0,
    changes jsonb NOT NULL
);
CREATE UNIQUE INDEX events_account_sequence ON events (account_id, sequence);
CREATE INDEX events_conversation_sequence ON events (conversation_id, sequence);

CREATE TABLE idempotency_keys (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    actor_id text COLLATE "C" NOT NULL,
    mutation text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    input_hash bytea NOT NULL,
    result jsonb NOT NULL,
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX idempotency_keys_account_actor_mutation_key ON idempotency_keys (account_id, actor_id, mutation, key);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE tasks (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    params jsonb NOT NULL,
    cursor text COLLATE "C" NOT NULL DEFAULT '',
    total bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    problems jsonb NOT NULL,
    actor_kind text COLLATE "C" NOT NULL,
    actor_id text COLLATE "C" NOT NULL,
    token_id text COLLATE "C" NOT NULL DEFAULT '',
    finished_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

-- What search finds: a document for each message, and one for each conversation's header.
CREATE TABLE search_documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL DEFAULT '',
    terms tsvector NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX search_documents_conversation_message ON search_documents (conversation_id, message_id);
CREATE INDEX search_documents_terms ON search_documents USING gin (terms) WITH (gin_pending_list_limit = 256);
-- Few words are common: with fewer statistics every other word would be taken
-- for a common one, and be looked for along all documents.
ALTER TABLE search_documents ALTER COLUMN terms SET STATISTICS 1000;
