package email

import (
	"context"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/participant"
	"parley/ent/schema"
)

// Headers returns what each message has of a mail; nil for one that is none.
func (s *Service) Headers(ctx context.Context, messages []*ent.Message) ([]*ent.Email, error) {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	found, err := s.store.Client(ctx).Email.Query().Where(entemail.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*ent.Email, len(found))
	for _, e := range found {
		byID[e.ID] = e
	}
	list := make([]*ent.Email, len(messages))
	for i, m := range messages {
		list[i] = byID[m.ID]
	}
	return list, nil
}

// Quoted is the folded part of a mail that came; empty: nothing is folded.
func Quoted(e *ent.Email) string {
	if e == nil || e.InboundMailID == "" {
		return ""
	}
	return e.QuotedHTML
}

// RawURL returns an address at which the viewer gets the mail as it came, for ten
// minutes; "" for a mail of ours.
func (s *Service) RawURL(ctx context.Context, e *ent.Email) (string, error) {
	if e == nil || e.InboundMailID == "" {
		return "", nil
	}
	return s.files.RawURL(ctx, e.AccountID, e.InboundMailID)
}

// Participants returns who takes part in each e-mail conversation.
func (s *Service) Participants(ctx context.Context, conversations []*ent.Conversation) ([][]schema.Mailbox, error) {
	ids := make([]string, len(conversations))
	for i, c := range conversations {
		ids[i] = c.ID
	}
	found, err := s.store.Client(ctx).Participant.Query().Where(participant.ConversationIDIn(ids...)).Order(participant.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string][]schema.Mailbox{}
	for _, p := range found {
		byID[p.ConversationID] = append(byID[p.ConversationID], schema.Mailbox{Name: p.Name, Address: p.Address})
	}
	lists := make([][]schema.Mailbox, len(conversations))
	for i, c := range conversations {
		if lists[i] = byID[c.ID]; lists[i] == nil {
			lists[i] = []schema.Mailbox{}
		}
	}
	return lists, nil
}
