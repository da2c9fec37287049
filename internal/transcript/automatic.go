package transcript

import (
	"context"
	"time"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// whenEnough is when an address that got many letters gets the next one.
const whenEnough = 15 * time.Minute

// Run sends the transcript of a closed chat to its visitor, unless the last one has all that
// they see of it. It is the worker of SendArgs, and may run again.
func (s *Service) Run(ctx context.Context, args SendArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("transcript", args.AccountID))
	later := false
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		later, err = s.sendAutomatic(ctx, tx, args.ConversationID)
		return err
	})
	if err == nil && later {
		return job.Again(whenEnough)
	}
	return err
}

func (s *Service) sendAutomatic(ctx context.Context, tx *store.Tx, conversationID string) (later bool, err error) {
	c, err := tx.Client.Conversation.Query().Where(entconversation.ID(conversationID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return false, nil // purged
	}
	if err != nil || c.Status != vocab.Closed || whyNone(c) != "" {
		return false, err // it goes out once it is closed again
	}
	ch, err := s.load(ctx, tx, c)
	if err != nil || !ch.wanted() {
		return false, err
	}
	to, err := s.recipient(ctx, tx, ch)
	if err != nil || to == nil || to.TranscriptsRefusedAt.IsSet() {
		return false, err
	}
	if withdrawn, err := s.visitors.HasWithdrawn(ctx, tx, ch.visitor); err != nil || withdrawn {
		return false, err
	}
	if enough, err := s.visitors.HasEnough(ctx, ch.visitor); err != nil || enough {
		return enough, err
	}
	return false, s.send(ctx, tx, ch, letter{to: to, address: ch.visitor.Email, own: true})
}
