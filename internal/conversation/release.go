package conversation

import (
	"context"

	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ReleaseArgs asks that the open conversations of a user who may no longer have
// them be unassigned, and routed again (AC-11). Closed ones keep the name.
type ReleaseArgs struct {
	AccountID string `json:"accountId"`
	UserID    string `json:"userId"`
	// InboxID is the inbox that the user left; "": all.
	InboxID string `json:"inboxId"`
	// Reason is ReasonNotAMember or ReasonDeactivated.
	Reason string `json:"reason"`
}

// Kind names the job.
func (ReleaseArgs) Kind() string { return "release-assignee" }

// Release does what ReleaseArgs asks: jobs that an earlier version queued.
func (s *Service) Release(ctx context.Context, args ReleaseArgs) error {
	return s.releaseUser(ctx, args)
}

// releaseSlice is how many conversations a release reads together.
const releaseSlice = 500

// releaseUser does what ReleaseArgs asks, a transaction for each conversation. It
// may run again, and goes on where it was stopped: it reads no conversations of
// inboxes where the user is a member, by then again or by another path, and keeps
// what they have.
func (s *Service) releaseUser(ctx context.Context, args ReleaseArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("membership", args.AccountID))
	inboxes := []string{args.InboxID}
	if args.InboxID == "" {
		var err error
		inboxes, err = s.store.Client(ctx).Conversation.Query().
			Where(entconversation.AssigneeID(args.UserID), entconversation.StatusEQ(vocab.Open)).
			Unique(true).Select(entconversation.FieldInboxID).Strings(ctx)
		if err != nil {
			return err
		}
	}
	for _, inboxID := range inboxes {
		members, err := routing.Members(ctx, s.store.Client(ctx), inboxID)
		if err != nil {
			return err
		}
		if members[args.UserID] {
			continue
		}
		if err := s.releaseIn(ctx, inboxID, args); err != nil {
			return err
		}
	}
	return nil
}

// releaseIn releases what a user has in an inbox.
func (s *Service) releaseIn(ctx context.Context, inboxID string, args ReleaseArgs) error {
	after := ""
	for {
		ids, err := s.store.Client(ctx).Conversation.Query().
			Where(entconversation.AssigneeID(args.UserID), entconversation.InboxID(inboxID), entconversation.StatusEQ(vocab.Open), entconversation.IDGT(after)).
			Order(entconversation.ByID()).Limit(releaseSlice).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, conversationID := range ids {
			if err := s.releaseConversation(ctx, conversationID, args); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

// releaseConversation takes a conversation from the user, unless they may have it.
func (s *Service) releaseConversation(ctx context.Context, conversationID string, args ReleaseArgs) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, conversationID)
		if err != nil || ch.c.AssigneeID != args.UserID || ch.c.Status != vocab.Open {
			return err
		}
		members, err := routing.Members(ctx, tx.Client, ch.c.InboxID)
		if err != nil || members[args.UserID] {
			return err
		}
		ch.c.AssigneeID = ""
		ch.c.AwaitsOffer = ch.c.RoutingSource != ""
		setReason(ch.emitEvent(vocab.ConversationUnassigned), args.Reason)
		if err := ch.save(ctx); err != nil {
			return err
		}
		again := newChange(tx, ch.c)
		if err := again.route(ctx, vocab.RoutedReleased); err != nil {
			return err
		}
		return again.save(ctx)
	})
}

// ReleaseTeamArgs asks that the conversations of a deleted team be taken from it.
type ReleaseTeamArgs struct {
	AccountID string `json:"accountId"`
	TeamID    string `json:"teamId"`
}

// Kind names the job.
func (ReleaseTeamArgs) Kind() string { return "release-team" }

// ReleaseTeam does what ReleaseTeamArgs asks: jobs that an earlier version queued.
func (s *Service) ReleaseTeam(ctx context.Context, args ReleaseTeamArgs) error {
	return s.releaseTeam(ctx, args)
}

// releaseTeam does what ReleaseTeamArgs asks, a transaction for each
// conversation. It may run again.
func (s *Service) releaseTeam(ctx context.Context, args ReleaseTeamArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("membership", args.AccountID))
	after := ""
	for {
		ids, err := s.store.Client(ctx).Conversation.Query().
			Where(entconversation.AssignedTeamID(args.TeamID), entconversation.IDGT(after)).
			Order(entconversation.ByID()).Limit(releaseSlice).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, conversationID := range ids {
			if err := s.leaveTeam(ctx, conversationID, args.TeamID); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}

func (s *Service) leaveTeam(ctx context.Context, conversationID, teamID string) error {
	return s.changeAsSystem(ctx, conversationID, func(_ context.Context, ch *change) error {
		if ch.c.AssignedTeamID != teamID {
			return nil
		}
		ch.c.AssignedTeamID = ""
		setReason(ch.emitEvent(vocab.ConversationUnassigned), ReasonTeamDeleted)
		return nil
	})
}
