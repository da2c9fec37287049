-- +goose Up
-- Who asked for a sign-in link, as a hash of their network, so that a stranger uses no one's links of an hour up (AC-16).
ALTER TABLE sign_in_links ADD COLUMN asked_from TEXT NOT NULL DEFAULT '';
