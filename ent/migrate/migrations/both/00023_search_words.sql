-- Which rules of words a document was indexed by: those of version 1 are
-- indexed again in the background, found by the partial index.
-- +goose Up
ALTER TABLE search_documents ADD COLUMN words INTEGER NOT NULL DEFAULT 1;
CREATE INDEX search_documents_words_1 ON search_documents (id) WHERE words = 1;
