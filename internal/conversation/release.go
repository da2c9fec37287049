package conversation

import (
	"context"

	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/job"
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

// Release does what ReleaseArgs asks, a transaction for each conversation. It
// may run again. A user who is a member again meanwhile keeps what they have.
func (s *Service) Release(ctx context.Context, args ReleaseArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("membership", args.AccountID))
	query := s.store.Client(ctx).Conversation.Query().
		Where(entconversation.AssigneeID(args.UserID), entconversation.StatusEQ(vocab.Open))
	if args.InboxID != "" {
		query.Where(entconversation.InboxID(args.InboxID))
	}
	ids, err := query.Limit(releaseSlice).IDs(ctx)
	if err != nil {
		return err
	}
	released := 0
	for _, conversationID := range ids {
		done, err := s.release(ctx, conversationID, args)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if done {
			released++
		}
	}
	if len(ids) == releaseSlice && released > 0 {
		return job.Again(0)
	}
	return nil
}

// releaseSlice is how many conversations one run of a release looks at.
const releaseSlice = 500

// release reports whether it took the conversation from the user.
func (s *Service) release(ctx context.Context, conversationID string, args ReleaseArgs) (done bool, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		done = false
		ch, err := load(ctx, tx, conversationID)
		if err != nil || ch.c.AssigneeID != args.UserID || ch.c.Status != vocab.Open {
			return err
		}
		members, err := routing.Members(ctx, tx.Client, ch.c.InboxID)
		if err != nil || members[args.UserID] {
			return err
		}
		ch.c.AssigneeID, done = "", true
		ch.c.AwaitsOffer = ch.c.RoutingSource != ""
		reason(ch.emit(vocab.ConversationUnassigned), args.Reason)
		if err := ch.save(ctx); err != nil {
			return err
		}
		again := begin(tx, ch.c)
		if err := again.route(ctx, vocab.RoutedReleased); err != nil {
			return err
		}
		return again.save(ctx)
	})
	return done, err
}

// ReleaseTeamArgs asks that the conversations of a deleted team be taken from it.
type ReleaseTeamArgs struct {
	AccountID string `json:"accountId"`
	TeamID    string `json:"teamId"`
}

// Kind names the job.
func (ReleaseTeamArgs) Kind() string { return "release-team" }

// ReleaseTeam does what ReleaseTeamArgs asks, a transaction for each
// conversation. It may run again.
func (s *Service) ReleaseTeam(ctx context.Context, args ReleaseTeamArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("membership", args.AccountID))
	ids, err := s.store.Client(ctx).Conversation.Query().
		Where(entconversation.AssignedTeamID(args.TeamID)).Limit(releaseSlice).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, conversationID := range ids {
		_, err := s.change(ctx, call{conversationID: conversationID}, func(_ context.Context, ch *change) error {
			if ch.c.AssignedTeamID != args.TeamID {
				return nil
			}
			ch.c.AssignedTeamID = ""
			reason(ch.emit(vocab.ConversationUnassigned), ReasonTeamDeleted)
			return nil
		})
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return job.Again(0)
}
