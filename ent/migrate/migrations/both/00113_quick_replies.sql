-- +goose Up
-- Answers that a bot's message offers (CO-6).
ALTER TABLE messages ADD COLUMN quick_replies JSON;
