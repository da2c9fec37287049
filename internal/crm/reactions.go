package crm

import (
	"context"
	"time"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entdeal "parley/ent/deal"
	entticket "parley/ent/ticket"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Consumers are what follows for tickets from what happens in their conversations, which
// go by what is stored when they run, so that an event may be handled again.
func (s *Service) Consumers() []reaction.Consumer {
	return []reaction.Consumer{
		{
			Name: "follow-assignees", Handle: s.ofConversation(followAssignee), Check: s.ofAll(followAssignee),
			Types: []vocab.EventType{vocab.ConversationAssigned, vocab.ConversationUnassigned},
		},
		{
			Name: "close-tickets", Handle: s.ofConversation(closeWithConversation), Check: s.ofAll(closeWithConversation),
			Types: []vocab.EventType{vocab.ConversationClosed},
		},
		{
			Name: "forget-companies", Handle: s.forgetCompany, Timeout: slowForgetting,
			Types: []vocab.EventType{vocab.CompanyDeleted},
		},
	}
}

// slowForgetting is how long one deleted company may take: it may have very many records.
const slowForgetting = 10 * time.Minute

// forgetCompany takes a deleted company off its tickets and deals, some hundred in each
// transaction.
func (s *Service) forgetCompany(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("companies", e.AccountID))
	for {
		done := 0
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			tickets, err := tx.Client.Ticket.Query().Where(entticket.CompanyID(e.SubjectID)).Limit(forgotten).Modify(store.ForUpdate).All(ctx)
			if err != nil {
				return err
			}
			for _, t := range tickets {
				before := *t
				t.CompanyID = ""
				if err := saveTicket(ctx, tx, &before, t); err != nil {
					return err
				}
			}
			deals, err := tx.Client.Deal.Query().Where(entdeal.CompanyID(e.SubjectID)).Limit(forgotten).Modify(store.ForUpdate).All(ctx)
			if err != nil {
				return err
			}
			for _, d := range deals {
				before := *d
				d.CompanyID = ""
				if err := saveDeal(ctx, tx, &before, d); err != nil {
					return err
				}
			}
			done = len(tickets) + len(deals)
			return nil
		})
		if err != nil || done == 0 {
			return err
		}
	}
}

// forgotten is how many tickets and deals one transaction takes a company off.
const forgotten = 100

// follow changes a ticket to what its conversation says.
type follow func(ctx context.Context, tx *store.Tx, t *ent.Ticket, c *ent.Conversation) error

// ofConversation applies a change to the ticket of an event's conversation.
func (s *Service) ofConversation(change follow) func(context.Context, *event.Entry) error {
	return func(ctx context.Context, e *event.Entry) error {
		return s.followOne(viewer.NewContext(ctx, viewer.System("tickets", e.AccountID)), e.ConversationID, change)
	}
}

// followOne applies a change to a conversation's ticket, if there is one.
func (s *Service) followOne(ctx context.Context, conversationID string, change follow) error {
	there, err := s.store.Client(ctx).Ticket.Query().Where(entticket.ConversationID(conversationID)).Exist(ctx)
	if err != nil || !there {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := tx.Client.Ticket.Query().Where(entticket.ConversationID(conversationID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		c, err := tx.Client.Conversation.Query().Where(entconversation.ID(conversationID)).Only(ctx)
		if err != nil {
			return err
		}
		before := *t
		if err := change(ctx, tx, t, c); err != nil {
			return err
		}
		return saveTicket(ctx, tx, &before, t)
	})
}

// followed is how many tickets are read together to be checked.
const followed = 500

// ofAll applies a change to all tickets of the context's account that have a conversation.
func (s *Service) ofAll(change follow) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx = viewer.NewContext(ctx, viewer.System("tickets", viewer.FromContext(ctx).AccountID))
		for after := ""; ; {
			list, err := s.store.Client(ctx).Ticket.Query().Where(entticket.ConversationIDNotNil(), entticket.IDGT(after)).
				Order(entticket.ByID()).Limit(followed).All(ctx)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, t := range list {
				if err := s.followOne(ctx, *t.ConversationID, change); err != nil {
					return err
				}
				after = t.ID
			}
		}
	}
}

// followAssignee gives a ticket whose owner follows the conversation to its assignee
// (EM-3).
func followAssignee(ctx context.Context, tx *store.Tx, t *ent.Ticket, c *ent.Conversation) error {
	if !t.OwnerFollows {
		return nil
	}
	owner, err := activeAssignee(ctx, tx, c)
	if err == nil {
		t.OwnerID = owner
	}
	return err
}

// closeWithConversation closes the ticket of a closed conversation, if its pipeline says
// so and has a stage for it (CR-7).
func closeWithConversation(ctx context.Context, tx *store.Tx, t *ent.Ticket, c *ent.Conversation) error {
	if c.Status != vocab.Closed || t.StageKind.Ended() {
		return nil
	}
	p, err := tx.Client.Pipeline.Get(ctx, t.PipelineID)
	if err != nil || !p.CloseTogether {
		return err
	}
	stage, err := firstOfKind(ctx, tx, p.ID, vocab.StageClosed)
	if ent.IsNotFound(err) {
		return nil
	}
	if err == nil {
		courseOfTicket(t).enterStage(tx, stage)
	}
	return err
}
