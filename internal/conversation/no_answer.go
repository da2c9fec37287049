package conversation

import (
	"context"
	"time"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// mostReroutes is how often a chat is routed again for want of an answer (RT-8).
const mostReroutes = 3

// NoAnswerArgs asks that a chat be routed again, if whoever routing chose at that very
// moment has neither answered nor looked since.
type NoAnswerArgs struct {
	AccountID      string       `json:"accountId"`
	ConversationID string       `json:"conversationId"`
	AssignedAt     clock.Micros `json:"assignedAt"`
	Seconds        int          `json:"seconds"`
	// Revision is that with which they were assigned.
	Revision int `json:"revision"`
}

// Kind names the job.
func (NoAnswerArgs) Kind() string { return "reroute-unanswered" }

// awaitAnswer remembers that routing chose someone for a chat, and has it routed again
// if they neither answer nor look in time, where the inbox wants that (RT-8).
func (ch *change) awaitAnswer(ctx context.Context) error {
	ch.c.AutoAssignedAt = 0
	if !ch.c.Kind.Abilities().OnlyToAvailable || ch.c.NoAnswerCount >= mostReroutes {
		return nil
	}
	settings, err := ch.inboxSettings(ctx)
	if err != nil || !settings.RerouteUnanswered {
		return err
	}
	seconds := settings.NoAnswerSeconds
	if seconds == 0 {
		seconds = vocab.DefaultNoAnswerSeconds
	}
	ch.c.AutoAssignedAt = ch.now()
	ch.tx.Enqueue(store.Job{
		Args: NoAnswerArgs{AccountID: ch.c.AccountID, ConversationID: ch.c.ID, AssignedAt: ch.now(), Seconds: seconds, Revision: ch.c.Revision + 1},
		At:   ch.now().Add(time.Duration(seconds) * time.Second).Time(),
	})
	return nil
}

// inboxSettings are those of the conversation's inbox.
func (ch *change) inboxSettings(ctx context.Context) (vocab.InboxSettings, error) {
	inbox, err := ch.tx.Client.Inbox.Get(byRouting(ctx, ch.c.AccountID), ch.c.InboxID)
	if err != nil {
		return vocab.InboxSettings{}, err
	}
	return inbox.Settings, nil
}

// noticed ends the waiting for whoever routing chose.
func (ch *change) noticed() {
	ch.c.AutoAssignedAt, ch.c.NoAnswerCount = 0, 0
}

// RerouteUnanswered does what NoAnswerArgs asks, once it is time by the store's clock.
// Where no one else can take it, whoever has it keeps it, and has as long again.
func (s *Service) RerouteUnanswered(ctx context.Context, args NoAnswerArgs) error {
	due := args.AssignedAt.Add(time.Duration(args.Seconds) * time.Second)
	if left := due.Time().Sub(s.store.Now().Time()); left > 0 {
		return job.Again(left)
	}
	err := s.changeAsSystem(byRouting(ctx, args.AccountID), args.ConversationID, func(ctx context.Context, ch *change) error {
		if ch.c.AutoAssignedAt != args.AssignedAt || ch.c.AssigneeID == "" || !routable(ch.c) || ch.c.SnoozedUntil.IsSet() {
			return nil
		}
		if looked, err := ch.lookedSince(ctx, args.Revision); err != nil || looked {
			return err
		}
		ch.c.NoAnswerCount++
		if err := ch.reroute(ctx, vocab.RoutedNoAnswer, vocab.SkipNoAnswer); err != nil || ch.c.AssigneeID != ch.before.AssigneeID {
			return err
		}
		return ch.awaitAnswer(ctx)
	})
	return ignorePurged(err)
}

// lookedSince reports whether the assignee has read the conversation since a revision,
// or all that the contact wrote.
func (ch *change) lookedSince(ctx context.Context, revision int) (bool, error) {
	return ch.tx.Client.ReadPosition.Query().Where(
		readposition.ConversationID(ch.c.ID), readposition.UserID(ch.c.AssigneeID),
		readposition.Or(readposition.RevisionGTE(revision), readposition.NumberGTE(ch.c.LastIncomingNumber)),
	).Exist(ctx)
}

// Decline gives a conversation back that the caller has: it is routed among the others
// who are available; if none of them can take it, the caller keeps it (RT-8).
func (s *Service) Decline(ctx context.Context, in DeclineConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "declineConversation", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		switch {
		case ch.c.AssigneeID == "" || ch.c.AssigneeID != viewer.FromContext(ctx).ActorID:
			return errs.New(errs.Invalid, "The conversation is not assigned to you: only its assignee can decline it.").On("conversationId")
		case !routable(ch.c):
			return errs.New(errs.Invalid, "Only an open conversation that is not filtered can be declined.").On("conversationId")
		case ch.c.RoutingSource == "":
			return errs.New(errs.Invalid, "The conversation has no routing; assign it to someone else instead.").On("conversationId")
		}
		return ch.reroute(ctx, vocab.RoutedDeclined, vocab.SkipDeclined)
	})
}
