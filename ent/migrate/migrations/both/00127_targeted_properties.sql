-- +goose Up
-- Conditions of targeted messages on what the contact has of defined properties (CR-11).
ALTER TABLE targeted_messages ADD COLUMN contact_properties JSON NOT NULL DEFAULT '[]';
