package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/block"
	"parley/ent/contactemail"
	entvisitor "parley/ent/visitor"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// pageOfBlocks is how many blocks a page has when no one asks for another number.
const pageOfBlocks = 20

// blocks are listed latest first.
var blocks = store.Listing[ent.Block]{
	Name: "blocks", Kind: id.Block, Column: block.FieldCreatedAt, Desc: true,
	Number: func(b *ent.Block) int64 { return int64(b.CreatedAt) }, ID: func(b *ent.Block) string { return b.ID },
}

func (s *Service) loadBlocks(ctx context.Context) store.Narrowed[ent.Block] {
	return func(narrow func(*sql.Selector)) ([]*ent.Block, error) {
		q := s.store.Client(ctx).Block.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// BlockedSenders returns a page of who is blocked on each channel (IN-10): of inboxes
// that the viewer is a member of.
func (s *Service) BlockedSenders(ctx context.Context, channelIDs []string, args paging.PageArgs) ([]*paging.Connection[*ent.Block], error) {
	return blocks.Pages(args, pageOfBlocks, channelIDs, store.Of(block.FieldChannelID), s.loadBlocks(ctx))
}

// BlocksOf returns a page of the blocks of each contact: by itself, by its addresses and
// by its visitors (IN-10).
func (s *Service) BlocksOf(ctx context.Context, contacts []*ent.Contact, args paging.PageArgs) ([]*paging.Connection[*ent.Block], error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return blocks.Pages(args, pageOfBlocks, ids, ofContact, s.loadBlocks(ctx))
}

// AreBlocked reports which of the contacts are blocked on a channel that the viewer sees.
func (s *Service) AreBlocked(ctx context.Context, contacts []*ent.Contact) ([]bool, error) {
	pages, err := s.BlocksOf(ctx, contacts, paging.PageArgs{First: new(1)})
	if err != nil {
		return nil, err
	}
	blocked := make([]bool, len(pages))
	for i, page := range pages {
		blocked[i] = len(page.Edges) > 0
	}
	return blocked, nil
}

// ofContact narrows blocks to those of a contact.
func ofContact(s *sql.Selector, contactID string) {
	d := sql.Dialect(s.Dialect())
	addresses, visitors := d.Table(contactemail.Table), d.Table(entvisitor.Table)
	s.Where(sql.Or(
		sql.EQ(s.C(block.FieldSender), contactID),
		sql.In(s.C(block.FieldSender), d.Select(addresses.C(contactemail.FieldAddress)).From(addresses).Where(sql.EQ(addresses.C(contactemail.FieldContactID), contactID))),
		sql.In(s.C(block.FieldSender), d.Select(visitors.C(entvisitor.FieldID)).From(visitors).Where(sql.EQ(visitors.C(entvisitor.FieldContactID), contactID))),
	))
}

// SenderOf is the id of who is blocked, if it is of a kind; else "".
func SenderOf(b *ent.Block, kind string) string {
	if id.Is(b.Sender, kind) {
		return b.Sender
	}
	return ""
}

// BlockedAddress is the address that is blocked; "": a contact or visitor is.
func BlockedAddress(b *ent.Block) string {
	if SenderOf(b, id.Contact)+SenderOf(b, id.Visitor) != "" {
		return ""
	}
	return b.Sender
}
