-- +goose Up
-- What users are told of, and what they want to be told of (NT-1).
CREATE TABLE notifications (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    kind            TEXT NOT NULL,
    inbox_id        TEXT NOT NULL DEFAULT '',
    conversation_id TEXT NOT NULL DEFAULT '',
    message_id      TEXT NOT NULL DEFAULT '',
    message_number  INTEGER NOT NULL DEFAULT 0,
    subject_id      TEXT NOT NULL DEFAULT '',
    actor_kind      TEXT NOT NULL DEFAULT '',
    actor_id        TEXT NOT NULL DEFAULT '',
    events          INTEGER NOT NULL DEFAULT 1,
    first_sequence  INTEGER NOT NULL,
    last_sequence   INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    read_at         INTEGER NOT NULL DEFAULT 0,
    updated_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX notifications_user ON notifications (user_id, updated_at, id);
CREATE INDEX notifications_sequence ON notifications (user_id, sequence);
CREATE INDEX notifications_conversation ON notifications (conversation_id, user_id);
CREATE INDEX notifications_unread ON notifications (user_id, updated_at, id) WHERE read_at = 0;

-- How far each user's notifications have come.
CREATE TABLE notification_states (
    user_id    TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    sequence   INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);

-- What users chose otherwise than Parley does; for one inbox, or for all.
CREATE TABLE notification_preferences (
    user_id    TEXT NOT NULL,
    inbox_id   TEXT NOT NULL DEFAULT '',
    kind       TEXT NOT NULL,
    medium     TEXT NOT NULL,
    account_id TEXT NOT NULL,
    wanted     BOOLEAN NOT NULL,
    PRIMARY KEY (user_id, kind, medium, inbox_id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);

-- Who follows which conversation.
CREATE TABLE conversation_follows (
    conversation_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, user_id),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
