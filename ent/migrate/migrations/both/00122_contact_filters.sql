-- +goose Up
-- The newest contacts of an owner, and of a stage, in the order of the list (CR-1): without created_at each was searched
-- for among all contacts.
CREATE INDEX contacts_owner_created_at ON contacts (account_id, owner_id, created_at, id);
CREATE INDEX contacts_lifecycle_created_at ON contacts (account_id, lifecycle_stage, created_at, id);
DROP INDEX contacts_account_owner;
DROP INDEX contacts_account_lifecycle;
