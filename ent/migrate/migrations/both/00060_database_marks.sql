-- +goose Up
-- What is to be known of the database as a whole: which one it is, and when what was deleted was last overwritten.
CREATE TABLE database_marks (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
