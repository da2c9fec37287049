package conversation

import (
	"context"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/block"
	"parley/ent/contact"
	"parley/ent/contactemail"
	entvisitor "parley/ent/visitor"
	"parley/internal/errs"
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
		q := s.store.Client(ctx).Block.Query().Where(lasts(s.store.Now()))
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// maxBlockQuery is the most characters of what blocked senders are searched by.
const maxBlockQuery = 200

// BlockedSenders returns a page of who is blocked on each channel (IN-10): of inboxes
// that the viewer is a member of. A query narrows it to those with that text in their
// address, their name or the reason, whatever its case. TOO_LONG on query.
func (s *Service) BlockedSenders(ctx context.Context, channelIDs []string, query *string, args paging.PageArgs) ([]*paging.Connection[*ent.Block], error) {
	within := store.Of(block.FieldChannelID)
	text := ""
	if query != nil {
		text = strings.ToLower(strings.TrimSpace(*query))
	}
	if n := utf8.RuneCountInString(text); n > maxBlockQuery {
		return nil, errs.Exceeds(maxBlockQuery, "The query has %d characters; at most %d are allowed.", n, maxBlockQuery).On("query")
	}
	visible, err := store.Fence(ctx, ent.TypeContact)
	if err != nil {
		return nil, err
	}
	l := blocks
	l.Name += " " + text
	return l.Pages(args, pageOfBlocks, channelIDs, func(s *sql.Selector, channelID string) {
		if within(s, channelID); text != "" {
			s.Where(mentions(s, text, visible))
		}
	}, s.loadBlocks(ctx))
}

// mentions narrows blocks to those whose sender or reason has a text. Names are those of
// contacts that the viewer may see.
func mentions(s *sql.Selector, text string, visible func(*sql.Selector)) *sql.Predicate {
	d := sql.Dialect(s.Dialect())
	has := func(column string) *sql.Predicate {
		return sql.P(func(b *sql.Builder) {
			b.WriteString("LOWER(").Ident(column).WriteString(") LIKE ").Arg("%" + likeEscaper.Replace(text) + "%").WriteString(` ESCAPE '!'`)
		})
	}
	contacts, visitors := d.Table(contact.Table), d.Table(entvisitor.Table)
	named := d.Select(contacts.C(contact.FieldID)).From(contacts).Where(sql.And(
		sql.EQ(contacts.C(contact.FieldID), sql.Expr(s.C(block.FieldSender))), sql.Or(has(contacts.C(contact.FieldName)), has(contacts.C(contact.FieldEmail)))))
	visible(named)
	came := d.Select(visitors.C(entvisitor.FieldID)).From(visitors).Where(sql.And(
		sql.EQ(visitors.C(entvisitor.FieldID), sql.Expr(s.C(block.FieldSender))), sql.Or(has(visitors.C(entvisitor.FieldName)), has(visitors.C(entvisitor.FieldEmail)))))
	return sql.Or(has(s.C(block.FieldSender)), has(s.C(block.FieldReason)), sql.Exists(named), sql.Exists(came))
}

// likeEscaper takes the meaning of LIKE's wildcards.
var likeEscaper = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

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
	proved := sql.NotNull(visitors.C(entvisitor.FieldIdentity))
	s.Where(sql.Or(
		sql.EQ(s.C(block.FieldSender), contactID),
		sql.In(s.C(block.FieldSender), d.Select(addresses.C(contactemail.FieldAddress)).From(addresses).Where(sql.EQ(addresses.C(contactemail.FieldContactID), contactID))),
		sql.In(s.C(block.FieldSender), d.Select(visitors.C(entvisitor.FieldID)).From(visitors).Where(sql.And(proved, sql.EQ(visitors.C(entvisitor.FieldContactID), contactID)))),
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
	if SenderOf(b, id.Contact)+SenderOf(b, id.Visitor)+BlockedDomain(b)+BlockedKey(b) != "" {
		return ""
	}
	return b.Sender
}

// BlockedKey is by what a custom channel knows who is blocked; "": another sender is.
func BlockedKey(b *ent.Block) string {
	key, found := strings.CutPrefix(b.Sender, senderMark)
	if !found {
		return ""
	}
	return key
}

// BlockedDomain is the domain that is blocked; "": another sender is.
func BlockedDomain(b *ent.Block) string {
	domain, found := strings.CutPrefix(b.Sender, "@")
	if !found {
		return ""
	}
	return domain
}
