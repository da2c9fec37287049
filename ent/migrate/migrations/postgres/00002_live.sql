-- +goose Up
CREATE TABLE saved_views (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL,
    inbox_id text COLLATE "C" NOT NULL DEFAULT '',
    owner_id text COLLATE "C" NOT NULL,
    private_to text COLLATE "C" NOT NULL DEFAULT '',
    name text COLLATE "C" NOT NULL,
    view text COLLATE "C" NOT NULL,
    filter jsonb NOT NULL,
    order_by text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (account_id, owner_id) REFERENCES users (account_id, id)
);
CREATE UNIQUE INDEX saved_views_account_inbox_private_to_name ON saved_views (account_id, inbox_id, private_to, name);
CREATE INDEX saved_views_owner ON saved_views (owner_id);

CREATE INDEX conversations_open ON conversations (inbox_id, folder, kind, assignee_id, in_bots) WHERE status = 'OPEN';
CREATE INDEX conversations_snoozed ON conversations (snoozed_until) WHERE snoozed_until > 0;

CREATE INDEX events_unbound ON events (account_id, sequence) WHERE conversation_id = '';
