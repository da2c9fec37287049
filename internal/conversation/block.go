package conversation

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/block"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxReason is the most characters of why someone was blocked.
	maxReason = 500
	// networkBlocked is how long new visitors of a blocked one's network are blocked too.
	networkBlocked = 24 * time.Hour
)

// Blocked is a conversation whose sender was blocked.
type Blocked struct {
	Conversation *ent.Conversation
	Block        *ent.Block
	// Notice is what the caller should know of who is blocked; "": nothing.
	Notice string
}

// BlockSender blocks the conversation's sender and moves the conversation to Filtered
// (IN-10). Later messages of the sender follow it there; other conversations stay until
// then. Errors: INVALID on until, reason, domain and alsoAddress; FORBIDDEN.
func (s *Service) BlockSender(ctx context.Context, in BlockConversationSenderInput) (*Blocked, error) {
	b := &Blocked{}
	c, err := s.changeConversation(ctx, "blockConversationSender", in.Target, in, func(ctx context.Context, ch *change) (err error) {
		b.Block, b.Notice, err = ch.blockSender(ctx, in.BlockTerms)
		return err
	})
	if err != nil {
		return nil, err
	}
	if b.Conversation = c; b.Block == nil { // a repeated call
		b.Block, err = s.blockOf(ctx, c)
	}
	return b, err
}

// blockOf is the block of a conversation's sender, as it is now; nil: there is none.
func (s *Service) blockOf(ctx context.Context, c *ent.Conversation) (*ent.Block, error) {
	client := s.store.Client(ctx)
	who, err := senderOf(ctx, client, c)
	if err != nil {
		return nil, err
	}
	b, err := client.Block.Query().Where(block.SenderIn(who.names()...), holdsOn(c.InboxID, c.ChannelID), lasts(s.store.Now())).
		Order(block.ByCreatedAt()).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return b, err
}

func (ch *change) blockSender(ctx context.Context, terms BlockTerms) (*ent.Block, string, error) {
	if err := ch.mayChange(); err != nil {
		return nil, "", err
	}
	if err := mayBlock(ctx, ch.tx.Client, ch.c.AccountID); err != nil {
		return nil, "", err
	}
	who, err := senderOf(ctx, ch.tx.Client, ch.c)
	if err != nil {
		return nil, "", err
	}
	wanted, err := ch.wantedBlock(ctx, who, terms)
	if err != nil {
		return nil, "", err
	}
	ch.setFiltered(ch.c.Filtered.With(vocab.ReasonBlockedSender))
	b, err := ch.saveBlock(ctx, wanted)
	return b, who.notice(wanted.Sender), err
}

// mayBlock refuses everyone but admins where the account says so (IN-10).
func mayBlock(ctx context.Context, client *ent.Client, accountID string) error {
	v := viewer.FromContext(ctx)
	if v.Kind == viewer.Admin || v.Kind == viewer.SystemKind {
		return nil
	}
	a, err := client.Account.Get(ctx, accountID)
	if err == nil && a.WhoMayBlock == vocab.AdminsBlock {
		err = errs.New(errs.Forbidden, "In this account only admins block senders and unblock them.")
	}
	return err
}

// wantedBlock is the block that the terms ask for.
func (ch *change) wantedBlock(ctx context.Context, who sender, terms BlockTerms) (*ent.Block, error) {
	b := &ent.Block{
		AccountID: ch.c.AccountID, InboxID: ch.c.InboxID, ChannelID: ch.c.ChannelID, Kind: ch.c.Kind, Sender: who.best(),
		BlockedBy: viewer.FromContext(ctx).Actor().ActorID, AllChannels: isTrue(terms.AllChannels), CreatedAt: ch.now(),
	}
	if terms.Until != nil {
		if b.EndsAt = *terms.Until; b.EndsAt <= ch.now() {
			return nil, errs.New(errs.Invalid, "The block would already have ended at %s; use a future time.", b.EndsAt).On("until")
		}
	}
	var err error
	if terms.Reason != nil {
		if b.Reason, err = cleanReason(*terms.Reason); err != nil {
			return nil, err
		}
	}
	if b.AllChannels && who.key != "" && who.contactID != "" { // its key is this channel's
		b.Sender = who.contactID
	}
	if isTrue(terms.Domain) {
		if b.Sender, err = who.domain(ctx); err != nil {
			return nil, err
		}
	}
	if isTrue(terms.AlsoAddress) {
		if !who.typed() || who.visitor.Network == "" {
			return nil, errs.New(errs.Invalid, "Only the network address of a visitor who proved no identity can be blocked too.").On("alsoAddress")
		}
		b.Network, b.NetworkEndsAt = who.visitor.Network, ch.now().Add(networkBlocked)
	}
	if b.Sender == "" {
		return nil, errs.New(errs.Invalid, "The conversation has no sender to block.").On("conversationId")
	}
	return b, nil
}

func cleanReason(reason string) (string, error) {
	if n := utf8.RuneCountInString(reason); n > maxReason {
		return "", errs.Exceeds(maxReason, "The reason has %d characters; at most %d are allowed.", n, maxReason).On("reason")
	}
	clean, err := richtext.Clean(reason, "reason")
	return strings.TrimSpace(clean), err
}

func isTrue(flag *bool) bool { return flag != nil && *flag }

// saveBlock writes a block, in place of the one that the sender has on the channel.
func (ch *change) saveBlock(ctx context.Context, b *ent.Block) (*ent.Block, error) {
	old, err := ch.tx.Client.Block.Query().Where(block.ChannelID(b.ChannelID), block.Sender(b.Sender)).Only(ctx)
	switch {
	case err == nil && sameBlock(old, b, ch.now()):
		return old, nil
	case err == nil:
		err = ch.tx.Client.Block.DeleteOneID(old.ID).Exec(ctx)
	case ent.IsNotFound(err):
		err = nil
	}
	if err != nil {
		return nil, err
	}
	ch.emitEvent(vocab.ContactBlocked).SubjectID = subjectOf(b.Sender)
	return ch.tx.Client.Block.Create().SetID(id.New(id.Block)).SetInboxID(b.InboxID).SetChannelID(b.ChannelID).SetKind(b.Kind).
		SetSender(b.Sender).SetBlockedBy(b.BlockedBy).SetReason(b.Reason).SetEndsAt(b.EndsAt).SetAllChannels(b.AllChannels).
		SetNetwork(b.Network).SetNetworkEndsAt(b.NetworkEndsAt).SetCreatedAt(b.CreatedAt).Save(ctx)
}

// sameBlock reports whether a block that holds says the same as another.
func sameBlock(old, b *ent.Block, now clock.Micros) bool {
	return (!old.EndsAt.IsSet() || old.EndsAt > now) && old.EndsAt == b.EndsAt && old.Reason == b.Reason &&
		old.AllChannels == b.AllChannels && old.Network == b.Network
}

// subjectOf is the sender of a block as events have it; no domain and no key: they are not objects.
func subjectOf(sender string) string {
	if strings.HasPrefix(sender, "@") || strings.HasPrefix(sender, senderMark) {
		return ""
	}
	return sender
}

// UnblockConversationSender lets the sender's future conversations through, and clears
// BLOCKED_SENDER in this conversation (IN-9, IN-10). Errors: FORBIDDEN.
func (s *Service) UnblockConversationSender(ctx context.Context, in UnblockConversationSenderInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "unblockConversationSender", in.Target, in, func(ctx context.Context, ch *change) error { return ch.unblockSender(ctx) })
}

func (ch *change) unblockSender(ctx context.Context) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if err := mayBlock(ctx, ch.tx.Client, ch.c.AccountID); err != nil {
		return err
	}
	if err := ch.unfilter(ctx, ch.c.Filtered.Without(vocab.ReasonBlockedSender)); err != nil {
		return err
	}
	who, err := senderOf(ctx, ch.tx.Client, ch.c)
	if err != nil {
		return err
	}
	found, err := ch.tx.Client.Block.Query().Where(block.SenderIn(who.names()...), holdsOn(ch.c.InboxID, ch.c.ChannelID)).Order(block.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, b := range found {
		if strings.HasPrefix(b.Sender, "@") && !viewer.FromContext(ctx).AllInboxes() {
			return errs.New(errs.Forbidden, "The whole domain %s is blocked, which only admins lift.", strings.TrimPrefix(b.Sender, "@"))
		}
		if err := ch.tx.Client.Block.DeleteOneID(b.ID).Exec(ctx); err != nil {
			return err
		}
		ch.emitEvent(vocab.ContactUnblocked).SubjectID = subjectOf(b.Sender)
	}
	return nil
}

// filterBlocked files the conversation under Filtered when its sender is blocked, and
// takes that reason from it when they are no longer (IN-10): it leaves Filtered unless
// others hold.
func (ch *change) filterBlocked(ctx context.Context, senders ...string) error {
	blocked, err := isBlocked(ctx, ch.tx, ch.c.InboxID, ch.c.ChannelID, senders...)
	switch {
	case err != nil, blocked == ch.c.Filtered.Has(vocab.ReasonBlockedSender):
		return err
	case blocked:
		ch.setFiltered(ch.c.Filtered.With(vocab.ReasonBlockedSender))
		return nil
	}
	return ch.unfilter(ctx, ch.c.Filtered.Without(vocab.ReasonBlockedSender))
}

// filterBlockedVisitor is filterBlocked for a chat. Who the visitor is makes a difference
// only where someone is blocked.
func (ch *change) filterBlockedVisitor(ctx context.Context) error {
	if !ch.c.Filtered.Has(vocab.ReasonBlockedSender) {
		blocked, err := isBlocked(ctx, ch.tx, ch.c.InboxID, ch.c.ChannelID, ch.c.ContactID, ch.c.VisitorID)
		if err != nil || !blocked {
			return err
		}
	}
	who, err := senderOf(ctx, ch.tx.Client, ch.c)
	if err != nil {
		return err
	}
	return ch.filterBlocked(ctx, who.names()...)
}

// recheckBlock is filterBlocked before staff answer: no one need be blocked any longer.
func (ch *change) recheckBlock(ctx context.Context) error {
	if !ch.c.Filtered.Has(vocab.ReasonBlockedSender) {
		return nil
	}
	who, err := senderOf(ctx, ch.tx.Client, ch.c)
	if err != nil {
		return err
	}
	if err := ch.filterBlocked(ctx, who.names()...); err != nil {
		return err
	}
	if ch.c.Filtered.Has(vocab.ReasonBlockedSender) {
		return senderBlocked("conversationId")
	}
	return nil
}
