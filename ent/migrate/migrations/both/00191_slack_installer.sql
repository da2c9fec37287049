-- +goose Up
-- Who installed the app, in Slack: only a private channel that they are in is connected (NT-2).
ALTER TABLE slack_workspaces ADD COLUMN installer TEXT NOT NULL DEFAULT '';

-- The integration that writes, in an account, what people write in Slack who are no users of it. It outlives the workspaces.
CREATE TABLE slack_integrations (
    account_id     TEXT NOT NULL PRIMARY KEY,
    integration_id TEXT NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
