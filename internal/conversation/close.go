package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Close closes a conversation; a closed one stays as it is. It fails with
// BOT_CONVERSATION_ACTIVE while IN-8 locks it. Closing ends a snooze.
func (s *Service) Close(ctx context.Context, in CloseConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "closeConversation", in.Target, in, func(ctx context.Context, ch *change) error { return ch.close(ctx) })
}

func (ch *change) close(ctx context.Context) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if ch.c.Status == vocab.Closed {
		return nil
	}
	if err := ch.mayClose(); err != nil {
		return err
	}
	ch.c.Status, ch.c.ClosedAt, ch.c.ResolvedBy, ch.c.ClosedBy = vocab.Closed, ch.now(), resolver(ctx), viewer.FromContext(ctx).Actor().Kind
	ch.c.WaitingSince, ch.c.SnoozedUntil = clock.Never, 0
	ch.noticed()
	ch.emitEvent(vocab.ConversationClosed)
	return ch.releaseClosed(ctx)
}

// releaseClosed takes a closed conversation from its assignee, where the inbox does
// that; its team stays (RT-9).
func (ch *change) releaseClosed(ctx context.Context) error {
	if ch.c.AssigneeID == "" {
		return nil
	}
	settings, err := ch.inboxSettings(ctx)
	if err != nil || settings.OnClose != vocab.OnCloseRelease {
		return err
	}
	ch.c.AssigneeID = ""
	setReason(ch.emitEvent(vocab.ConversationUnassigned), ReasonClosed)
	return nil
}

// Reopen opens a closed conversation again by hand (IN-7).
func (s *Service) Reopen(ctx context.Context, in ReopenConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "reopenConversation", in.Target, in, func(ctx context.Context, ch *change) error { return ch.reopenByHand(ctx) })
}

func (ch *change) reopenByHand(ctx context.Context) error {
	if err := ch.mayChange(); err != nil || ch.c.Status == vocab.Open {
		return err
	}
	return ch.reopen(ctx)
}

// reopen opens the conversation. It keeps an assignee who is still a member,
// and is routed otherwise (IN-7).
func (ch *change) reopen(ctx context.Context) error {
	ch.c.Status, ch.c.ClosedAt, ch.c.ResolvedBy, ch.c.ClosedBy = vocab.Open, 0, "", ""
	ch.c.ReopenCount++
	ch.emitEvent(vocab.ConversationReopened)
	if ch.c.AssigneeID == "" {
		return ch.route(ctx, vocab.RoutedReopened)
	}
	members, err := routing.Members(ctx, ch.tx.Client, ch.c.InboxID)
	if err != nil || members[ch.c.AssigneeID] {
		return err
	}
	ch.c.AssigneeID = ""
	if err := ch.route(ctx, vocab.RoutedReopened); err != nil || ch.c.AssigneeID != "" {
		return err
	}
	setReason(ch.emitEvent(vocab.ConversationUnassigned), ReasonNotAMember)
	return nil
}

// Reasons that an event gives for an assignee lost.
const (
	ReasonNotAMember  = "NOT_A_MEMBER"
	ReasonDeactivated = "DEACTIVATED"
	ReasonTeamDeleted = "TEAM_DELETED"
	ReasonClosed      = "CLOSED"
)
