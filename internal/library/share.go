package library

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entopening "parley/ent/libraryopening"
	entshare "parley/ent/libraryshare"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// RevokeLibraryShareInput is the input of revokeLibraryShare. Which link to revoke.
type RevokeLibraryShareInput struct {
	LibraryShareID string
	IdempotencyKey *string
}

// isShared reports whether each sending of an item has a link of its own.
func isShared(item *ent.LibraryItem) bool {
	switch item.Kind {
	case vocab.MeetingLinkItem, vocab.DocumentItem:
		return true
	case vocab.VideoItem: // others play their own
		return item.Content.URL == ""
	}
	return false
}

// share makes the link of its own by which an item is sent, and returns its address. That
// of a document leads to its newest version, whatever that is then.
func (s *Service) share(ctx context.Context, tx *store.Tx, of Occasion, messageID string, item *ent.LibraryItem, target string) (string, error) {
	c, token := of.Conversation, strings.ToLower(rand.Text())
	create := tx.Client.LibraryShare.Create().SetID(id.New(id.LibraryShare)).SetInboxID(c.InboxID).SetConversationID(c.ID).SetContactID(c.ContactID).
		SetItemID(item.ID).SetMessageID(messageID).SetSenderID(of.AuthorID).SetToken(token).SetTitle(item.Name).SetCreatedAt(tx.Now())
	if item.Kind.HasVersions() {
		create.SetURL("").SetAsksEmail(item.Content.AsksEmail).SetPass(strings.ToLower(rand.Text()))
		if days := item.Content.LinkDays; days > 0 {
			create.SetExpiresAt(tx.Now().Add(time.Duration(days) * 24 * time.Hour))
		}
	} else {
		create.SetURL(target)
	}
	return s.publicURL + SharePath + token, create.Exec(ctx)
}

// RevokeShare ends a link by which an item was sent (CO-9). NOT_FOUND on libraryShareId.
func (s *Service) RevokeShare(ctx context.Context, in RevokeLibraryShareInput) (*ent.LibraryShare, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "revokeLibraryShare", Key: in.IdempotencyKey, Input: in, Result: in.LibraryShareID}
	var share *ent.LibraryShare
	find := func(ctx context.Context, tx *store.Tx, shareID string, lock func(*sql.Selector)) (err error) {
		unknown := errs.New(errs.NotFound, "There is no link %q that you may see.", errs.Clip(shareID)).On("libraryShareId")
		if !id.Is(shareID, id.LibraryShare) {
			return unknown
		}
		share, err = tx.Client.LibraryShare.Query().Where(entshare.ID(shareID)).Modify(lock).Only(ctx)
		if ent.IsNotFound(err) {
			err = unknown
		}
		return err
	}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := find(ctx, tx, in.LibraryShareID, store.ForUpdate); err != nil || share.RevokedAt.IsSet() {
			return err
		}
		share.RevokedAt = tx.Now()
		tx.Append(ctx, store.Event{Type: vocab.LibraryShareRevoked, InboxID: share.InboxID, ConversationID: share.ConversationID, SubjectID: share.ID})
		return tx.Client.LibraryShare.UpdateOneID(share.ID).SetRevokedAt(share.RevokedAt).Exec(ctx)
	}, func(ctx context.Context, tx *store.Tx, first string) error { return find(ctx, tx, first, unlocked) })
	if err != nil {
		return nil, err
	}
	return share, nil
}

// openings of a link are listed the latest first.
var openings = store.Listing[ent.LibraryOpening]{
	Name: "openings", Kind: id.LibraryOpening, Column: entopening.FieldOpenedAt, Desc: true,
	Number: func(o *ent.LibraryOpening) int64 { return int64(o.OpenedAt) }, ID: func(o *ent.LibraryOpening) string { return o.ID },
}

// OpeningsOf returns a page of the openings of each link, the latest first.
func (s *Service) OpeningsOf(ctx context.Context, list []*ent.LibraryShare, args paging.PageArgs) ([]*paging.Connection[*ent.LibraryOpening], error) {
	ids := make([]string, len(list))
	for i, share := range list {
		ids[i] = share.ID
	}
	return openings.Pages(args, pageOfRow, ids, store.Of(entopening.FieldShareID), func(narrow func(*sql.Selector)) ([]*ent.LibraryOpening, error) {
		q := s.store.Client(ctx).LibraryOpening.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}
