package conversation

import (
	"context"

	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ReleaseArgs asks that the open conversations of a user who may no longer have
// them be unassigned (AC-11). Closed ones keep the name.
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
	ids, err := query.IDs(ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		if err := s.release(ctx, conversationID, args); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

func (s *Service) release(ctx context.Context, conversationID string, args ReleaseArgs) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ch, err := load(ctx, tx, conversationID)
		if err != nil {
			return err
		}
		if ch.c.AssigneeID != args.UserID || ch.c.Status != vocab.Open {
			return nil
		}
		members, err := membersOf(ctx, tx.Client, ch.c.InboxID)
		if err != nil || members[args.UserID] {
			return err
		}
		ch.c.AssigneeID = ""
		reason(ch.emit(vocab.ConversationUnassigned), args.Reason)
		return ch.save(ctx)
	})
}
