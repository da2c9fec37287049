-- +goose Up
-- Slack workspaces of accounts, and the channels that get the conversations of inboxes (NT-2, IB-4).
CREATE TABLE slack_workspaces (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    team_id        TEXT NOT NULL,
    name           TEXT NOT NULL,
    bot_user_id    TEXT NOT NULL,
    token          TEXT NOT NULL,
    integration_id TEXT NOT NULL,
    state          TEXT NOT NULL,
    problem        TEXT NOT NULL DEFAULT '',
    connected_by   TEXT NOT NULL DEFAULT '',
    connected_at   INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX slack_workspaces_account ON slack_workspaces (account_id, team_id);
CREATE INDEX slack_workspaces_team ON slack_workspaces (team_id);

CREATE TABLE slack_channels (
    id             TEXT NOT NULL PRIMARY KEY,
    account_id     TEXT NOT NULL,
    inbox_id       TEXT NOT NULL,
    workspace_id   TEXT NOT NULL,
    team_id        TEXT NOT NULL,
    slack_id       TEXT NOT NULL,
    name           TEXT NOT NULL,
    kinds          JSON NOT NULL,
    view_id        TEXT NOT NULL DEFAULT '',
    thread_replies TEXT NOT NULL,
    state          TEXT NOT NULL,
    problem        TEXT NOT NULL DEFAULT '',
    created_at     INTEGER NOT NULL,
    FOREIGN KEY (account_id, inbox_id) REFERENCES inboxes (account_id, id)
);
CREATE UNIQUE INDEX slack_channels_inbox ON slack_channels (inbox_id, workspace_id, slack_id);
CREATE INDEX slack_channels_workspace ON slack_channels (workspace_id, id);
CREATE INDEX slack_channels_slack ON slack_channels (team_id, slack_id);

-- Installs that an admin began.
CREATE TABLE slack_installs (
    state_hash TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    token_id   TEXT NOT NULL,
    return_url TEXT NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX slack_installs_expires ON slack_installs (expires_at);
CREATE INDEX slack_installs_account ON slack_installs (account_id);

-- The thread that a conversation has in a channel. version counts what is to be shown, header the digest of the first post as it is
-- shown; with tried_at the first post may have been made without that being known.
CREATE TABLE slack_threads (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    channel_id      TEXT NOT NULL,
    team_id         TEXT NOT NULL,
    slack_id        TEXT NOT NULL,
    ts              TEXT NOT NULL DEFAULT '',
    header          TEXT NOT NULL DEFAULT '',
    version         INTEGER NOT NULL DEFAULT 1,
    tried_at        INTEGER NOT NULL DEFAULT 0,
    due_at          INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX slack_threads_conversation ON slack_threads (conversation_id, channel_id);
CREATE INDEX slack_threads_channel ON slack_threads (channel_id, id);
CREATE INDEX slack_threads_slack ON slack_threads (team_id, slack_id, ts);
CREATE INDEX slack_threads_account ON slack_threads (account_id, conversation_id);
CREATE INDEX slack_threads_due ON slack_threads (team_id, due_at) WHERE due_at > 0;

-- What a thread shows: messages, their files, and lines of Parley's own. from_slack: someone wrote it there; mark
-- is the mark that it is to have, marked the one that it has; edited is when they
-- last edited it, as far as that was taken over.
CREATE TABLE slack_posts (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    inbox_id        TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    thread_id       TEXT NOT NULL,
    position        INTEGER NOT NULL,
    message_id      TEXT NOT NULL DEFAULT '',
    attachment_id   TEXT NOT NULL DEFAULT '',
    line            TEXT NOT NULL DEFAULT '',
    from_slack      BOOLEAN NOT NULL DEFAULT FALSE,
    slack_user      TEXT NOT NULL DEFAULT '',
    ts              TEXT NOT NULL DEFAULT '',
    file_id         TEXT NOT NULL DEFAULT '',
    digest          TEXT NOT NULL DEFAULT '',
    mark            TEXT NOT NULL DEFAULT '',
    marked          TEXT NOT NULL DEFAULT '',
    edited          TEXT NOT NULL DEFAULT '',
    due             BOOLEAN NOT NULL,
    version         INTEGER NOT NULL DEFAULT 1,
    tried_at        INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id)
);
CREATE UNIQUE INDEX slack_posts_message ON slack_posts (thread_id, message_id, attachment_id) WHERE message_id <> '';
CREATE UNIQUE INDEX slack_posts_ts ON slack_posts (thread_id, ts) WHERE ts <> '';
CREATE INDEX slack_posts_due ON slack_posts (thread_id, position, id) WHERE due;
CREATE INDEX slack_posts_conversation ON slack_posts (conversation_id, id);
CREATE INDEX slack_posts_thread ON slack_posts (thread_id, position, id);

-- What Slack said, once for each of its ids. message_id is that of the message that it becomes. What is done keeps its id only.
CREATE TABLE slack_events (
    id          TEXT NOT NULL PRIMARY KEY,
    team_id     TEXT NOT NULL,
    slack_id    TEXT NOT NULL DEFAULT '',
    thread_ts   TEXT NOT NULL DEFAULT '',
    about_ts    TEXT NOT NULL DEFAULT '',
    kind        TEXT NOT NULL,
    body        TEXT NOT NULL DEFAULT '',
    message_id  TEXT NOT NULL DEFAULT '',
    received_at INTEGER NOT NULL,
    due_at      INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX slack_events_due ON slack_events (team_id, due_at, about_ts) WHERE due_at > 0;
CREATE INDEX slack_events_about ON slack_events (team_id, slack_id, about_ts);
CREATE INDEX slack_events_received ON slack_events (received_at);

-- Posts of conversations that were purged, which are still to be deleted in Slack. Where one of them is, is not known if there is
-- neither ts nor file_id: then it is looked for by post_id.
CREATE TABLE slack_removals (
    id           TEXT NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    team_id      TEXT NOT NULL,
    slack_id     TEXT NOT NULL,
    ts           TEXT NOT NULL,
    file_id      TEXT NOT NULL DEFAULT '',
    post_id      TEXT NOT NULL DEFAULT '',
    thread_ts    TEXT NOT NULL DEFAULT '',
    tried_at     INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX slack_removals_due ON slack_removals (team_id, due_at);
CREATE INDEX slack_removals_account ON slack_removals (account_id, id);

-- Notifications that are told in Slack.
CREATE TABLE slack_notices (
    id              TEXT NOT NULL PRIMARY KEY,
    account_id      TEXT NOT NULL,
    team_id         TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    notification_id TEXT NOT NULL,
    tried_at        INTEGER NOT NULL DEFAULT 0,
    slack_id        TEXT NOT NULL DEFAULT '',
    since           INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id)
);
CREATE INDEX slack_notices_due ON slack_notices (team_id, due_at);
CREATE INDEX slack_notices_user ON slack_notices (user_id, id);
CREATE INDEX slack_notices_account ON slack_notices (account_id, id);

ALTER TABLE notifications ADD COLUMN slack_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN slacked_at INTEGER NOT NULL DEFAULT 0;
