-- +goose Up
-- What visitors claim, and what of it is proved.
ALTER TABLE accounts ADD COLUMN trust_typed_addresses BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE visitors ADD COLUMN contact_typed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE visitors ADD COLUMN contact_own BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE visitors ADD COLUMN suggested JSON NOT NULL DEFAULT '[]';
UPDATE visitors SET contact_typed = TRUE WHERE identity IS NULL AND contact_id <> '';
-- Whether the team set the contact of a conversation.
ALTER TABLE conversations ADD COLUMN contact_by_hand BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE conversations SET contact_by_hand = TRUE WHERE id IN (
    SELECT conversation_id FROM events WHERE type IN ('CONTACT_LINKED', 'CONTACT_UNLINKED') AND actor_kind IN ('ADMIN', 'AGENT', 'INTEGRATION')
);
