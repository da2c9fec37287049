package library

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// KnowledgePath is where the pages of articles lie; a knowledge base's key follows.
	KnowledgePath = "/kb/"
	// MaxBaseTitle is in characters.
	MaxBaseTitle = 100
	keyLength    = 12
)

// KnowledgeBase is the pages with an account's articles (CO-11).
type KnowledgeBase struct {
	ID      string
	Key     string
	Title   *string
	Indexed bool
	URL     string

	accountID string
}

// pageOf is the page of an article.
func (k *KnowledgeBase) pageOf(slug string) string { return k.URL + "/" + url.PathEscape(slug) }

// UpdateKnowledgeBaseInput is the input of updateKnowledgeBase. What is left out stays.
type UpdateKnowledgeBaseInput struct {
	Title          opt.Value[*string]
	Indexed        opt.Value[*bool]
	IdempotencyKey *string
}

// KnowledgeBase returns the knowledge base of the viewer's account; nil: there is none yet.
func (s *Service) KnowledgeBase(ctx context.Context) (*KnowledgeBase, error) {
	return s.base(ctx, "account_id = $1", viewer.FromContext(ctx).AccountID)
}

func (s *Service) base(ctx context.Context, where, value string) (found *KnowledgeBase, err error) {
	err = store.ForEachRow(ctx, s.store, "SELECT id, account_id, key, title, indexed FROM knowledge_bases WHERE "+where, []any{value}, func(rows entsql.ColumnScanner) error {
		k, title := &KnowledgeBase{}, ""
		if err := rows.Scan(&k.ID, &k.accountID, &k.Key, &title, &k.Indexed); err != nil {
			return err
		}
		if title != "" {
			k.Title = &title
		}
		k.URL = s.publicURL + KnowledgePath + k.Key
		found = k
		return nil
	})
	return found, err
}

// ensureKnowledgeBase makes the account's knowledge base, unless there is one.
func ensureKnowledgeBase(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO knowledge_bases (id, account_id, key, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id) DO NOTHING",
		id.New(id.KnowledgeBase), viewer.FromContext(ctx).AccountID, strings.ToLower(rand.Text()[:keyLength]), int64(tx.Now()))
	if err != nil {
		return fmt.Errorf("make knowledge base: %w", err)
	}
	return nil
}

// UpdateKnowledgeBase changes the knowledge base, which is made if there is none. Errors:
// TOO_LONG and INVALID on title, REQUIRED on indexed.
func (s *Service) UpdateKnowledgeBase(ctx context.Context, in UpdateKnowledgeBaseInput) (k *KnowledgeBase, err error) {
	call := idempotency.Call{Mutation: "updateKnowledgeBase", Key: in.IdempotencyKey, Input: in, Result: viewer.FromContext(ctx).AccountID}
	_, err = account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := ensureKnowledgeBase(ctx, tx); err != nil {
			return err
		}
		before, err := s.KnowledgeBase(ctx)
		if err != nil {
			return err
		}
		title, err := optionalLine(value(before.Title), in.Title, MaxBaseTitle, "title")
		if err != nil {
			return err
		}
		indexed := before.Indexed
		if err := opt.Require(&indexed, in.Indexed, "indexed"); err != nil {
			return err
		}
		var c store.Changes
		c.Named("title", title != value(before.Title))
		c.Flag("indexed", before.Indexed, indexed)
		if len(c) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.KnowledgeBaseUpdated, Changes: c})
		_, err = tx.Exec(ctx, "UPDATE knowledge_bases SET title = $1, indexed = $2 WHERE account_id = $3", title, indexed, before.accountID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.KnowledgeBase(ctx)
}
