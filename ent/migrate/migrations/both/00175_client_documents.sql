-- +goose Up
-- Apps that are known by a document at their own address (AC-18): when it is fetched again; 0: the app is registered here.
ALTER TABLE oauth_clients ADD COLUMN document_until INTEGER NOT NULL DEFAULT 0;
