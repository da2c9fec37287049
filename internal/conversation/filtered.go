package conversation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/block"
	"parley/ent/email"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// setFiltered gives the conversation its reasons and reports what that means: it
// enters Filtered, leaves it, or stays with other reasons (IN-9).
func (ch *change) setFiltered(reasons vocab.FilteredReasons) {
	was := ch.c.Filtered
	ch.c.Filtered = reasons
	switch {
	case was == reasons:
	case was == 0:
		ch.emitEvent(vocab.ConversationFiltered)
	case reasons == 0:
		ch.emitEvent(vocab.ConversationUnfiltered)
	default:
		ch.emitEvent(vocab.ConversationUpdated)
	}
}

// MarkAsSpam moves this one conversation to Filtered (IN-9).
func (s *Service) MarkAsSpam(ctx context.Context, in MarkConversationAsSpamInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "markConversationAsSpam", in.Target, in, func(_ context.Context, ch *change) error { return ch.markSpam() })
}

func (ch *change) markSpam() error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	ch.setFiltered(ch.c.Filtered.With(vocab.ReasonSpam))
	return nil
}

// MarkAsNotSpam clears every reason but BLOCKED_SENDER (IN-9).
func (s *Service) MarkAsNotSpam(ctx context.Context, in MarkConversationAsNotSpamInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "markConversationAsNotSpam", in.Target, in, func(ctx context.Context, ch *change) error { return ch.notSpam(ctx) })
}

func (ch *change) notSpam(ctx context.Context) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	return ch.unfilter(ctx, ch.c.Filtered.Only(vocab.ReasonBlockedSender))
}

// unfilter leaves the conversation some of its reasons; with none it leaves
// Filtered, and is routed, unless someone has it, and ticketed as if new (IN-9).
func (ch *change) unfilter(ctx context.Context, left vocab.FilteredReasons) error {
	was := ch.c.Filtered
	ch.setFiltered(left)
	if was == 0 || left != 0 {
		return nil
	}
	if err := ch.ticketAsNew(ctx); err != nil {
		return err
	}
	return ch.route(ctx, vocab.RoutedUnfiltered)
}

// BlockSender blocks the conversation's sender on its channel and moves the
// conversation to Filtered (IN-10). Later messages of the sender follow it
// there; other conversations stay until then.
func (s *Service) BlockSender(ctx context.Context, in BlockConversationSenderInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "blockConversationSender", in.Target, in, func(ctx context.Context, ch *change) error { return ch.blockSender(ctx) })
}

func (ch *change) blockSender(ctx context.Context) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	names, err := ch.senders(ctx)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errs.New(errs.Invalid, "The conversation has no sender to block.").On("conversationId")
	}
	ch.setFiltered(ch.c.Filtered.With(vocab.ReasonBlockedSender))
	return ch.addBlock(ctx, names[0])
}

// senders are the names under which the conversation's sender may be blocked, the
// best one first: the contact with all its addresses and tokens, the visitor's
// token, the address that a mail came from (IN-10).
func (ch *change) senders(ctx context.Context) ([]string, error) {
	names := []string{ch.c.ContactID, ch.c.VisitorID}
	if ch.c.Kind.LeavesBy(vocab.ByMail) {
		first, err := ch.tx.Client.Email.Query().Where(email.ConversationID(ch.c.ID), email.InboundMailIDNEQ("")).Order(email.ByID()).First(ctx)
		if err == nil {
			names = append(names, strings.ToLower(first.From.Address))
		} else if !ent.IsNotFound(err) {
			return nil, err
		}
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" }), nil
}

// addBlock blocks a sender, once.
func (ch *change) addBlock(ctx context.Context, sender string) error {
	v := viewer.FromContext(ctx)
	made, err := ch.tx.Exec(ctx, `INSERT INTO blocks (id, account_id, inbox_id, channel_id, kind, sender, blocked_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (channel_id, sender) DO NOTHING`,
		id.New(id.Block), ch.c.AccountID, ch.c.InboxID, ch.c.ChannelID, string(ch.c.Kind), sender, v.Actor().ActorID, int64(ch.now()))
	if err != nil {
		return err
	}
	if made == 1 {
		ch.emitEvent(vocab.ContactBlocked).SubjectID = sender
	}
	return nil
}

// UnblockConversationSender lets the sender's future conversations through, and clears
// BLOCKED_SENDER in this conversation alone (IN-9, IN-10).
func (s *Service) UnblockConversationSender(ctx context.Context, in UnblockConversationSenderInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "unblockConversationSender", in.Target, in, func(ctx context.Context, ch *change) error { return ch.unblockSender(ctx) })
}

func (ch *change) unblockSender(ctx context.Context) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if err := ch.unfilter(ctx, ch.c.Filtered.Without(vocab.ReasonBlockedSender)); err != nil {
		return err
	}
	names, err := ch.senders(ctx)
	if err != nil {
		return err
	}
	for _, sender := range names {
		gone, err := ch.tx.Client.Block.Delete().Where(block.ChannelID(ch.c.ChannelID), block.Sender(sender)).Exec(ctx)
		if err != nil {
			return err
		}
		if gone > 0 {
			ch.emitEvent(vocab.ContactUnblocked).SubjectID = sender
		}
	}
	return nil
}
