-- +goose Up
-- What lets the articles of the library be read and found (CO-11). An article is an item of the library; what stands here
-- follows from it, but for the counts of opinions.
CREATE TABLE knowledge_bases (
    id         TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    title      TEXT NOT NULL DEFAULT '',
    indexed    BOOLEAN NOT NULL DEFAULT false,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX knowledge_bases_account ON knowledge_bases (account_id);
CREATE UNIQUE INDEX knowledge_bases_key ON knowledge_bases (key);

CREATE TABLE articles (
    id           TEXT NOT NULL PRIMARY KEY,
    account_id   TEXT NOT NULL,
    slug         TEXT NOT NULL,
    title        TEXT NOT NULL,
    title_key    TEXT NOT NULL,
    category     TEXT NOT NULL DEFAULT '',
    category_key TEXT NOT NULL DEFAULT '',
    language     TEXT NOT NULL DEFAULT '',
    audience     TEXT NOT NULL,
    listed       BOOLEAN NOT NULL,
    excerpt      TEXT NOT NULL DEFAULT '',
    helpful      INTEGER NOT NULL DEFAULT 0,
    not_helpful  INTEGER NOT NULL DEFAULT 0,
    updated_at   INTEGER NOT NULL,
    FOREIGN KEY (account_id, id) REFERENCES library_items (account_id, id)
);
CREATE INDEX articles_listed ON articles (account_id, listed, category_key, title_key, id);

-- The slugs that articles have, and had: those lead on.
CREATE TABLE article_slugs (
    account_id TEXT NOT NULL,
    slug       TEXT NOT NULL,
    article_id TEXT NOT NULL,
    PRIMARY KEY (account_id, slug)
);
CREATE INDEX article_slugs_article ON article_slugs (article_id);

-- The words of those that are published.
CREATE TABLE article_words (
    account_id TEXT NOT NULL,
    word       TEXT NOT NULL,
    article_id TEXT NOT NULL,
    weight     INTEGER NOT NULL,
    PRIMARY KEY (account_id, word, article_id)
);
CREATE INDEX article_words_article ON article_words (article_id);
