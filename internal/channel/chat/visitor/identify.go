package visitor

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entvisitor "parley/ent/visitor"
	"parley/internal/channel/chat/consent"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// identifyVisitor returns the visitor of a proved identity. The chats of the visitor
// whom the caller was known as go on with it, unless they have an identity of their
// own: those never merge (CH-8).
func (s *Service) identifyVisitor(ctx context.Context, tx *store.Tx, c *ent.Channel, known *ent.Visitor, who *identity) (*ent.Visitor, error) {
	me, err := findOrInsert(ctx, tx, c, entvisitor.FieldIdentity, who.subject)
	if err != nil {
		return nil, err
	}
	ctx = system(ctx, viewerOf(me))
	turns := known != nil && !IsIdentified(known)
	if err := s.recordIdentity(ctx, tx, me, who); err != nil || !turns {
		return me, err
	}
	return me, s.turnInto(ctx, tx, known, me)
}

// findOrInsert returns the locked visitor of an identity on the channel, by the column
// that has it. Callers at the same time get the same one.
func findOrInsert(ctx context.Context, tx *store.Tx, c *ent.Channel, column, identity string) (*ent.Visitor, error) {
	query := tx.Client.Visitor.Query().
		Where(entvisitor.ChannelID(c.ID), sql.FieldEQ(column, identity)).Modify(store.ForUpdate).VisitorQuery
	me, err := query.Clone().Only(ctx)
	if !ent.IsNotFound(err) {
		return me, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO visitors (id, account_id, inbox_id, channel_id, `+column+`, last_seen_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (channel_id, `+column+`) DO NOTHING`,
		id.New(id.Visitor), c.AccountID, c.InboxID, c.ID, identity, int64(tx.Now()))
	if err != nil {
		return nil, err
	}
	return query.Only(ctx)
}

// provedByMail returns the locked visitor who reads an address's mail (CH-8).
func (s *Service) provedByMail(ctx context.Context, tx *store.Tx, c *ent.Channel, address string) (*ent.Visitor, error) {
	me, err := findOrInsert(ctx, tx, c, entvisitor.FieldMailIdentity, address)
	if err != nil {
		return nil, err
	}
	return me, s.recordProof(system(ctx, viewerOf(me)), tx, me, address)
}

// recordProof keeps an address that the visitor proved to be theirs, and its contact,
// which is made when there is none.
func (s *Service) recordProof(ctx context.Context, tx *store.Tx, me *ent.Visitor, address string) error {
	c, _, err := s.contacts.FindOrCreateByEmail(ctx, tx, address, vocab.SourceChat)
	if err != nil {
		return err
	}
	me.EmailVerified = true
	if err := s.contacts.Verify(ctx, tx, c.ID, address); err != nil {
		return err
	}
	return s.linkContact(ctx, tx, me, address, c.ID, false)
}

// recordIdentity keeps what the identity says: the name, and the contact of the
// proved address, which is made when there is none. A contact that is proved stays,
// whatever the identity's address becomes (CH-5).
func (s *Service) recordIdentity(ctx context.Context, tx *store.Tx, me *ent.Visitor, who *identity) error {
	if who.name != "" {
		me.Name = who.name
	}
	email, contactID, typed := me.Email, me.ContactID, me.ContactTyped
	switch {
	case who.email == "":
	case contactID != "" && !typed:
		if who.email != me.Email {
			if err := s.contacts.Readdress(ctx, tx, contactID, who.email); err != nil {
				return err
			}
		}
		email, me.EmailVerified = who.email, true
	default:
		c, _, err := s.contacts.FindOrCreateByEmail(ctx, tx, who.email, vocab.SourceChat)
		if err != nil {
			return err
		}
		email, contactID, typed, me.EmailVerified = who.email, c.ID, false, true
	}
	if !typed {
		if err := s.attest(ctx, tx, me, contactID, who); err != nil {
			return err
		}
		if err := s.contacts.Verify(ctx, tx, contactID, who.email); err != nil {
			return err
		}
	}
	return s.linkContact(ctx, tx, me, email, contactID, typed)
}

// attest has the contact know what the identity says of it, unless a later one said
// so before: the later iat wins, and one without iat only introduces (CH-10).
func (s *Service) attest(ctx context.Context, tx *store.Tx, me *ent.Visitor, contactID string, who *identity) error {
	if contactID == "" {
		return nil
	}
	if who.issuedAt <= me.ClaimsAt {
		return s.contacts.Introduce(ctx, tx, contactID, who.name)
	}
	err := s.contacts.Attest(ctx, tx, contactID, who.name, who.phone, who.avatarURL)
	if e := errs.Of(err); e != nil && e.Correctable() {
		return badIdentity(strings.TrimSuffix(e.Message, "."))
	}
	if err != nil {
		return err
	}
	me.ClaimsAt = who.issuedAt
	return tx.Client.Visitor.UpdateOneID(me.ID).SetClaimsAt(who.issuedAt).Exec(ctx)
}

// linkContact writes what is known of the visitor; typed: the contact is that of an
// address that they typed. A contact becomes that of their conversations, where the
// team did not say otherwise (CH-5, IN-12), and gets what they say of themselves as far
// as that is proved (CH-9).
func (s *Service) linkContact(ctx context.Context, tx *store.Tx, me *ent.Visitor, email, contactID string, typed bool) error {
	before, err := tx.Client.Visitor.Get(ctx, me.ID)
	if err != nil {
		return err
	}
	me.Email, me.ContactID, me.ContactTyped = email, contactID, typed && contactID != ""
	if !me.ContactTyped {
		me.ContactOwn = false
	}
	err = tx.Client.Visitor.UpdateOneID(me.ID).SetName(me.Name).SetEmail(email).SetEmailVerified(me.EmailVerified).SetContactID(contactID).
		SetContactTyped(me.ContactTyped).SetContactOwn(me.ContactOwn).SetSuggested(orEmpty(me.Suggested)).SetAnswered(orEmpty(me.Answered)).Exec(ctx)
	if err != nil || contactID == "" {
		return err
	}
	if before.ContactID != contactID {
		if err := s.conversations.LinkVisitor(ctx, tx, me.ID, contactID); err != nil {
			return err
		}
		if err := contact.RecordSeen(ctx, tx, contactID); err != nil { // what recordSeen did before it was known
			return err
		}
		for _, one := range []string{before.ContactID, contactID} { // whose pages are the visitor's
			if err := contact.Touch(ctx, tx, one); err != nil {
				return err
			}
		}
	}
	return s.applyClaims(ctx, tx, me)
}

// turnInto has all chats of a visitor go on with the one whom they proved to be, with
// their blocks and traces.
func (s *Service) turnInto(ctx context.Context, tx *store.Tx, before, me *ent.Visitor) error {
	if me.ContactID != "" {
		if err := s.conversations.LinkVisitor(ctx, tx, before.ID, me.ContactID); err != nil {
			return err
		}
	}
	if err := continueChats(ctx, tx, before, me); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO blocks (id, account_id, inbox_id, channel_id, kind, sender, blocked_by, reason, ends_at, all_channels, created_at)
		SELECT $1, account_id, inbox_id, channel_id, kind, $2, blocked_by, reason, ends_at, all_channels, created_at FROM blocks
		WHERE account_id = $3 AND channel_id = $4 AND sender = $5 ON CONFLICT (channel_id, sender) DO NOTHING`,
		id.New(id.Block), me.ID, me.AccountID, me.ChannelID, before.ID)
	if err != nil {
		return err
	}
	if err := moveTraces(ctx, tx, before, me); err != nil {
		return err
	}
	inheritClaims(me, before)
	return s.linkContact(ctx, tx, me, me.Email, me.ContactID, me.ContactTyped)
}

// moveTraces gives what an anonymous visitor agreed to, was shown and looked at
// to the one that they turned out to be (CR-6).
func moveTraces(ctx context.Context, tx *store.Tx, from, to *ent.Visitor) error {
	if err := consent.Move(ctx, tx, from.ID, to.ID); err != nil {
		return err
	}
	if err := linkConsents(ctx, tx, to); err != nil {
		return err
	}
	for _, one := range []string{from.ContactID, to.ContactID} {
		if err := contact.Touch(ctx, tx, one); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		`UPDATE targeted_message_views SET visitor_id = $1 WHERE visitor_id = $2 AND account_id = $3 AND targeted_message_id NOT IN
			(SELECT targeted_message_id FROM targeted_message_views WHERE visitor_id = $1 AND account_id = $3)`,
		"UPDATE purged_chats SET visitor_id = $1 WHERE visitor_id = $2 AND account_id = $3",
		"UPDATE page_views SET visitor_id = $1 WHERE visitor_id = $2 AND account_id = $3",
		"UPDATE attachments SET uploader_id = $1 WHERE uploader_id = $2 AND account_id = $3 AND message_id = ''",
	} {
		if _, err := tx.Exec(ctx, statement, to.ID, from.ID, to.AccountID); err != nil {
			return err
		}
	}
	return nil
}
