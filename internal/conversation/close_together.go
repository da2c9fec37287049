package conversation

import (
	"context"
	"slices"

	"parley/ent"
	entticket "parley/ent/ticket"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// closeAfterTicket closes the conversation of a ticket that was closed, if the ticket's
// pipeline says so (CR-7).
func (s *Service) closeAfterTicket(ctx context.Context, e *event.Entry) error {
	if !slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool { return c.Field == "stage" }) {
		return nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("tickets", e.AccountID))
	t, err := s.store.Client(ctx).Ticket.Query().Where(entticket.ID(e.SubjectID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.closeWithTicket(ctx, t)
}

// closeWithTicket closes a closed ticket's conversation, unless something was written in
// it since then.
func (s *Service) closeWithTicket(ctx context.Context, t *ent.Ticket) error {
	if t.StageKind != vocab.StageClosed || t.ConversationID == nil {
		return nil
	}
	p, err := s.store.Client(ctx).Pipeline.Get(ctx, t.PipelineID)
	if err != nil || !p.CloseTogether {
		return err
	}
	err = s.changeAsSystem(ctx, *t.ConversationID, func(ctx context.Context, ch *change) error {
		if ch.c.Status != vocab.Open || ch.c.LastMessageAt > t.ClosedAt {
			return nil
		}
		return ch.close(ctx)
	})
	if errs.Of(err) != nil {
		return nil // it is in the trash, or must not close now
	}
	return err
}

// closeAllWithTickets closes the conversations of all closed tickets of the context's
// account that close together.
func (s *Service) closeAllWithTickets(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.System("tickets", viewer.FromContext(ctx).AccountID))
	const slice = 500
	for after := ""; ; {
		list, err := s.store.Client(ctx).Ticket.Query().
			Where(entticket.StageKindEQ(vocab.StageClosed), entticket.ConversationIDNotNil(), entticket.IDGT(after)).
			Order(entticket.ByID()).Limit(slice).All(ctx)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, t := range list {
			if err := s.closeWithTicket(ctx, t); err != nil {
				return err
			}
			after = t.ID
		}
	}
}
