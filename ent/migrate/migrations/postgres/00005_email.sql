-- +goose Up
ALTER TABLE inboxes ADD COLUMN email_allow_list jsonb NOT NULL DEFAULT '[]';
ALTER TABLE contacts ADD COLUMN written_at bigint NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN to_address text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN possibly_related_id text COLLATE "C" NOT NULL DEFAULT '';

-- Who holds a piece of work that one node at a time does, by the database's clock.
-- The fence rises with every new holder, whose writes check it.
CREATE TABLE leases (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    holder text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE email_channels (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    aliases jsonb NOT NULL,
    sender_name text COLLATE "C" NOT NULL DEFAULT '',
    provider text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    state_reason text COLLATE "C" NOT NULL DEFAULT '',
    state_detail text COLLATE "C" NOT NULL DEFAULT '',
    state_since bigint NOT NULL DEFAULT 0,
    imap jsonb NOT NULL DEFAULT '{}',
    smtp jsonb NOT NULL DEFAULT '{}',
    authentication text COLLATE "C" NOT NULL DEFAULT '',
    credentials text COLLATE "C" NOT NULL DEFAULT '',
    routing jsonb NOT NULL DEFAULT '{}',
    ticket_preset jsonb,
    signature text COLLATE "C" NOT NULL DEFAULT '',
    undo_seconds bigint NOT NULL DEFAULT 0,
    dkim_selector text COLLATE "C" NOT NULL DEFAULT '',
    dkim_key text COLLATE "C" NOT NULL DEFAULT '',
    uid_validity bigint NOT NULL DEFAULT 0,
    last_uid bigint NOT NULL DEFAULT 0,
    import_since bigint NOT NULL DEFAULT 0,
    last_sync_at bigint NOT NULL DEFAULT 0,
    next_attempt_at bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    failing_since bigint NOT NULL DEFAULT 0,
    terms_accepted_by text COLLATE "C" NOT NULL DEFAULT '',
    terms_accepted_at bigint NOT NULL DEFAULT 0,
    connected_at bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, id) REFERENCES channels (account_id, id)
);
-- E-mail channels of demo data, which were none that anybody could connect.
INSERT INTO email_channels (id, account_id, inbox_id, address, aliases, provider, state, created_at)
    SELECT id, account_id, inbox_id, key || '@localhost', '[]', 'FORWARDING', 'DISCONNECTED', created_at FROM channels WHERE kind = 'EMAIL';
CREATE INDEX email_channels_inbox ON email_channels (inbox_id);
CREATE INDEX email_channels_state ON email_channels (state, next_attempt_at);

CREATE TABLE channel_addresses (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, channel_id) REFERENCES channels (account_id, id)
);
CREATE UNIQUE INDEX channel_addresses_account_address ON channel_addresses (account_id, address);
CREATE INDEX channel_addresses_channel ON channel_addresses (channel_id);
CREATE INDEX channel_addresses_address ON channel_addresses (address);

CREATE TABLE personal_mailboxes (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX personal_mailboxes_account_address ON personal_mailboxes (account_id, address);
CREATE INDEX personal_mailboxes_user ON personal_mailboxes (user_id);

CREATE TABLE email_connections (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    state_hash bytea NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    token_id text COLLATE "C" NOT NULL DEFAULT '',
    channel_id text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    secrets text COLLATE "C" NOT NULL,
    settings jsonb NOT NULL,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX email_connections_state_hash ON email_connections (state_hash);
CREATE INDEX email_connections_expires ON email_connections (expires_at);

CREATE TABLE inbound_mails (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    blob_key text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    hash text COLLATE "C" NOT NULL,
    envelope_from text COLLATE "C" NOT NULL DEFAULT '',
    envelope_to jsonb NOT NULL,
    arrived_at bigint NOT NULL,
    state text COLLATE "C" NOT NULL,
    identity text COLLATE "C",
    internet_id text COLLATE "C" NOT NULL DEFAULT '',
    conversation_id text COLLATE "C" NOT NULL DEFAULT '',
    message_id text COLLATE "C" NOT NULL DEFAULT '',
    verdict jsonb NOT NULL DEFAULT '{}',
    attempts bigint NOT NULL DEFAULT 0,
    error text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX inbound_mails_channel_place ON inbound_mails (channel_id, place);
CREATE UNIQUE INDEX inbound_mails_inbox_identity ON inbound_mails (inbox_id, identity);
CREATE INDEX inbound_mails_stored ON inbound_mails (created_at, id) WHERE state = 'STORED';
CREATE INDEX inbound_mails_waiting ON inbound_mails (channel_id, id) WHERE state = 'STORED';
CREATE INDEX inbound_mails_blob ON inbound_mails (blob_key);
CREATE INDEX inbound_mails_conversation ON inbound_mails (conversation_id);

CREATE TABLE emails (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    channel_id text COLLATE "C" NOT NULL,
    inbound_mail_id text COLLATE "C" NOT NULL DEFAULT '',
    internet_id text COLLATE "C" NOT NULL DEFAULT '',
    in_reply_to text COLLATE "C" NOT NULL DEFAULT '',
    "references" jsonb NOT NULL,
    "from" jsonb NOT NULL DEFAULT '{}',
    reply_to jsonb NOT NULL DEFAULT '[]',
    "to" jsonb NOT NULL DEFAULT '[]',
    cc jsonb NOT NULL DEFAULT '[]',
    bcc jsonb NOT NULL DEFAULT '[]',
    subject text COLLATE "C" NOT NULL DEFAULT '',
    quoted_html text COLLATE "C" NOT NULL DEFAULT '',
    automatic boolean NOT NULL DEFAULT false,
    verdict jsonb NOT NULL DEFAULT '{}',
    send_at bigint NOT NULL DEFAULT 0,
    attempts bigint NOT NULL DEFAULT 0,
    next_attempt_at bigint NOT NULL DEFAULT 0,
    sent_at bigint NOT NULL DEFAULT 0,
    recipients jsonb NOT NULL DEFAULT '[]',
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE INDEX emails_conversation ON emails (conversation_id);

CREATE TABLE email_references (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    internet_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX email_references_inbox_internet_id ON email_references (inbox_id, internet_id);
CREATE INDEX email_references_conversation ON email_references (conversation_id);

CREATE TABLE participants (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL DEFAULT '',
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX participants_conversation_address ON participants (conversation_id, address);

CREATE TABLE attachments (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL,
    conversation_id text COLLATE "C" NOT NULL DEFAULT '',
    message_id text COLLATE "C" NOT NULL DEFAULT '',
    position bigint NOT NULL DEFAULT 0,
    uploader_kind text COLLATE "C" NOT NULL,
    uploader_id text COLLATE "C" NOT NULL,
    file_name text COLLATE "C" NOT NULL,
    content_type text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    hash text COLLATE "C" NOT NULL,
    blob_key text COLLATE "C" NOT NULL,
    inline boolean NOT NULL DEFAULT false,
    content_id text COLLATE "C" NOT NULL DEFAULT '',
    scan text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE INDEX attachments_message ON attachments (message_id, position);
CREATE INDEX attachments_conversation ON attachments (conversation_id);
CREATE INDEX attachments_blob ON attachments (blob_key);
CREATE INDEX attachments_orphans ON attachments (created_at) WHERE message_id = '';

CREATE TABLE forgotten_blobs (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    blob_key text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);

CREATE TABLE tickets (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL DEFAULT '',
    pipeline text COLLATE "C" NOT NULL,
    stage text COLLATE "C" NOT NULL,
    priority text COLLATE "C" NOT NULL,
    properties jsonb NOT NULL DEFAULT '[]',
    contact_id text COLLATE "C" NOT NULL DEFAULT '',
    conversation_id text COLLATE "C",
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX tickets_conversation ON tickets (conversation_id);
CREATE INDEX tickets_contact ON tickets (contact_id);
CREATE INDEX tickets_account ON tickets (account_id, created_at, id);
