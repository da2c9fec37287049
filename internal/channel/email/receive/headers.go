package receive

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/inboundmail"
	"parley/ent/participant"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
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

// SentBy is who sent a mail of the team's (EM-9); "": it came from others.
func SentBy(e *ent.Email) vocab.EmailSentBy {
	switch {
	case e.InboundMailID == "":
		return vocab.SentByParley
	case e.UserID != "" && !e.Typed:
		return vocab.SentByExternal
	}
	return ""
}

// Repeats returns a page of the mails that repeat each message's, in their order (EM-5).
func (s *Service) Repeats(ctx context.Context, messages []*ent.Message, args paging.PageArgs) ([]*paging.Connection[*ent.InboundMail], error) {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	return repeats.Pages(args, account.PageOfRow, ids, store.Of(inboundmail.FieldMessageID), func(narrow func(*sql.Selector)) ([]*ent.InboundMail, error) {
		q := s.store.Client(ctx).InboundMail.Query().Where(inboundmail.StateEQ(vocab.InboundDuplicate))
		q.Modify(narrow)
		return q.All(ctx)
	})
}

var repeats = store.Listing[ent.InboundMail]{Name: "repeats", Kind: id.InboundMail, ID: func(m *ent.InboundMail) string { return m.ID }}

// RepeatURL is RawURL of a repeat.
func (s *Service) RepeatURL(ctx context.Context, m *ent.InboundMail) (string, error) {
	return s.files.RawURL(ctx, m.AccountID, m.ID)
}

// Participants returns a page of the people who take part in each conversation,
// in the order in which they joined.
func (s *Service) Participants(ctx context.Context, conversations []*ent.Conversation, args paging.PageArgs) ([]*paging.Connection[*vocab.Mailbox], error) {
	ids := make([]string, len(conversations))
	for i, c := range conversations {
		ids[i] = c.ID
	}
	found, err := participants.Pages(args, account.PageOfRow, ids, store.Of(participant.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.Participant, error) {
		q := s.store.Client(ctx).Participant.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
	pages := make([]*paging.Connection[*vocab.Mailbox], len(found))
	for i, page := range found {
		pages[i] = paging.Map(page, func(p *ent.Participant) *vocab.Mailbox { return &vocab.Mailbox{Name: p.Name, Address: p.Address} })
	}
	return pages, err
}

var participants = store.Listing[ent.Participant]{Name: "participants", Kind: "participant", ID: func(p *ent.Participant) string { return p.ID }}
