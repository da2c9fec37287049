package conversation

import (
	"context"

	"parley/ent"
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
