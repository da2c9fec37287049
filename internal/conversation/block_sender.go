package conversation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/block"
	"parley/ent/email"
	"parley/ent/predicate"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// sender is who writes in a conversation, by all that may be blocked of them (IN-10).
type sender struct {
	contactID string
	visitor   *ent.Visitor
	// address is where a mail came from, in lower case; "": none did.
	address string
	// key is by what a custom channel knows them; "": it is none.
	key string
}

// senderOf is the sender of a conversation.
func senderOf(ctx context.Context, client *ent.Client, c *ent.Conversation) (sender, error) {
	who := sender{contactID: c.ContactID, key: c.SenderKey}
	if c.VisitorID != "" {
		v, err := client.Visitor.Get(ctx, c.VisitorID)
		if err != nil && !ent.IsNotFound(err) {
			return who, err
		}
		who.visitor = v
	}
	if c.Kind.LeavesBy(vocab.ByMail) {
		first, err := client.Email.Query().Where(email.ConversationID(c.ID), email.InboundMailIDNEQ("")).Order(email.ByID()).First(ctx)
		if err == nil {
			who.address = strings.ToLower(first.From.Address)
		} else if !ent.IsNotFound(err) {
			return who, err
		}
	}
	return who, nil
}

// typed reports whether all that is known of them is what a visitor typed: a block then
// holds for that visitor alone.
func (s sender) typed() bool { return s.visitor != nil && s.visitor.Identity == nil }

// best is the name under which they are blocked: the contact with all its addresses
// and proved visitors, the visitor, or the address.
func (s sender) best() string {
	switch {
	case s.key != "":
		return senderName(s.key)
	case s.typed():
		return s.visitor.ID
	case s.contactID != "":
		return s.contactID
	case s.visitor != nil:
		return s.visitor.ID
	}
	return s.address
}

// names are all names under which they may be blocked.
func (s sender) names() []string {
	var names []string
	if s.visitor != nil {
		names = append(names, s.visitor.ID)
	}
	if s.contactID != "" && !s.typed() {
		names = append(names, s.contactID)
	}
	if s.key != "" {
		names = append(names, senderName(s.key))
	}
	return append(names, addressNames(s.address)...)
}

// addressNames are the names under which an address may be blocked: itself, and its
// domain.
func addressNames(address string) []string {
	at := strings.LastIndex(address, "@")
	if at < 0 {
		return nil
	}
	return []string{address, address[at:]}
}

// domain is the name under which the whole domain of the address is blocked.
func (s sender) domain(ctx context.Context) (string, error) {
	if v := viewer.FromContext(ctx); !v.AllInboxes() {
		return "", errs.New(errs.Forbidden, "Only admins block a whole domain.").On("domain")
	}
	names := addressNames(s.address)
	if len(names) == 0 {
		return "", errs.New(errs.Invalid, "Only the domain of an e-mail address can be blocked, and no mail came from this sender.").On("domain")
	}
	return names[1], nil
}

// notice is what the one who blocks should know.
func (s sender) notice(blocked string) string {
	switch {
	case strings.HasPrefix(blocked, "@"):
		return "All addresses of " + blocked[1:] + " are blocked."
	case s.typed() && s.contactID != "":
		return "The visitor only typed this contact's address: only this visitor is blocked, and the contact is not."
	}
	return ""
}

// holdsOn are the blocks that hold on a channel: its own, and those of the whole inbox.
func holdsOn(inboxID, channelID string) predicate.Block {
	return block.Or(block.ChannelID(channelID), block.And(block.InboxID(inboxID), block.AllChannels(true)))
}

// lasts are the blocks that have not ended by a time.
func lasts(now clock.Micros) predicate.Block { return block.Or(block.EndsAt(0), block.EndsAtGT(now)) }

// Blocked reports whether a channel blocks one of the senders: contacts and visitors by
// their ids, and addresses in lower case; "" is no one (IN-10).
func (s *Service) Blocked(ctx context.Context, tx *store.Tx, inboxID, channelID string, senders ...string) (bool, error) {
	return isBlocked(ctx, tx, inboxID, channelID, senders...)
}

func isBlocked(ctx context.Context, tx *store.Tx, inboxID, channelID string, senders ...string) (bool, error) {
	return isBlockedNow(ctx, tx.Client, tx.Now(), inboxID, channelID, senders...)
}

func isBlockedNow(ctx context.Context, client *ent.Client, now clock.Micros, inboxID, channelID string, senders ...string) (bool, error) {
	var known []string
	for _, s := range senders {
		if s != "" {
			known = append(known, s)
		}
		known = append(known, addressNames(s)...)
	}
	if len(known) == 0 {
		return false, nil
	}
	slices.Sort(known)
	return client.Block.Query().Where(block.SenderIn(slices.Compact(known)...), holdsOn(inboxID, channelID), lasts(now)).Exist(ctx)
}
