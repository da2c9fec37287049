package live

import (
	"context"
	"slices"

	"parley/ent"
	entconsent "parley/ent/consentrecord"
	entconversation "parley/ent/conversation"
	entdeal "parley/ent/deal"
	entengagement "parley/ent/engagement"
	entshare "parley/ent/libraryshare"
	entquote "parley/ent/quote"
	entassociated "parley/ent/recordcontact"
	entticket "parley/ent/ticket"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// concerns reports whether the timeline may be another after an event: one of what it shows, of
// its contact, of what is now the contact's, or of what the viewer may see.
func (s *Stream) concerns(ctx context.Context, e *event.Entry) (bool, error) {
	switch e.Type {
	case vocab.ConversationPurged, vocab.PipelineUpdated:
		return true, nil
	case vocab.ConversationCreated, vocab.ContactCreated, vocab.ContactLinked, vocab.ContactUnlinked, vocab.MessageCreated:
		if s.viewer.OwnContacts {
			return true, nil
		}
	}
	if e.Type.ChangesAuthority() || e.Type == vocab.ConversationUpdated && changes(e, "inbox") {
		return true, nil
	}
	if e.Type.KeepsRevision() {
		return false, nil
	}
	shown := s.shown.ids
	if shown[e.SubjectID] || shown[e.ConversationID] {
		return true, nil
	}
	for _, c := range e.Changes {
		if c.From != nil && shown[*c.From] || c.To != nil && shown[*c.To] {
			return true, nil
		}
	}
	of, err := s.live.contactsOf(ctx, e)
	return slices.Contains(of, s.shown.contactID), err
}

func changes(e *event.Entry, fields ...string) bool {
	return slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool { return slices.Contains(fields, c.Field) })
}

type contactsKey struct{}

// contactsOf are the contacts on whose timelines an event may put something. They are looked
// up once for all streams of the node.
func (l *Service) contactsOf(ctx context.Context, e *event.Entry) ([]string, error) {
	find := owners[e.Type]
	if find == nil || (e.Type == vocab.TicketUpdated || e.Type == vocab.DealUpdated) && !changes(e, "contact", "contacts") {
		return nil, nil
	}
	return event.Derive(e, contactsKey{}, func() ([]string, error) {
		ctx := viewer.NewContext(context.WithoutCancel(ctx), viewer.System("live", e.AccountID))
		return find(ctx, l.store.Client(ctx), e)
	})
}

// owners look up whose the subject of an event is. What is gone is no one's.
var owners = map[vocab.EventType]func(context.Context, *ent.Client, *event.Entry) ([]string, error){
	vocab.ConversationCreated: ofConversation, vocab.ConversationRestored: ofConversation, vocab.ConversationUpdated: ofConversation, vocab.ContactLinked: ofConversation,
	vocab.TicketCreated: ofTicket, vocab.TicketUpdated: ofTicket, vocab.DealCreated: ofDeal, vocab.DealUpdated: ofDeal,
	vocab.EngagementLogged: ofEngagement, vocab.EngagementUpdated: ofEngagement,
	vocab.ConsentRecorded: ofConsent, vocab.ConsentWithdrawn: ofConsent, vocab.DocumentOpened: ofShare,
	vocab.QuoteUpdated: ofQuote, vocab.QuotePublishedEvent: ofQuote, vocab.QuoteAcceptedEvent: ofQuote, vocab.QuoteDeclinedEvent: ofQuote,
}

func ofConversation(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	return c.Conversation.Query().Where(entconversation.ID(e.ConversationID)).Select(entconversation.FieldContactID).Strings(ctx)
}

func ofTicket(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	main, err := c.Ticket.Query().Where(entticket.ID(e.SubjectID)).Select(entticket.FieldContactID).Strings(ctx)
	return withAssociated(ctx, c, e, main, err)
}

func ofDeal(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	main, err := c.Deal.Query().Where(entdeal.ID(e.SubjectID)).Select(entdeal.FieldContactID).Strings(ctx)
	return withAssociated(ctx, c, e, main, err)
}

// withAssociated adds the other contacts of a ticket or a deal to the first one.
func withAssociated(ctx context.Context, c *ent.Client, e *event.Entry, main []string, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	others, err := c.RecordContact.Query().Where(entassociated.RecordID(e.SubjectID)).Select(entassociated.FieldContactID).Strings(ctx)
	return append(main, others...), err
}

func ofEngagement(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	return c.Engagement.Query().Where(entengagement.ID(e.SubjectID)).Select(entengagement.FieldContactID).Strings(ctx)
}

func ofConsent(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	return c.ConsentRecord.Query().Where(entconsent.ID(e.SubjectID)).Select(entconsent.FieldContactID).Strings(ctx)
}

func ofShare(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	return c.LibraryShare.Query().Where(entshare.ID(e.SubjectID)).Select(entshare.FieldContactID).Strings(ctx)
}

func ofQuote(ctx context.Context, c *ent.Client, e *event.Entry) ([]string, error) {
	return c.Quote.Query().Where(entquote.ID(e.SubjectID)).Select(entquote.FieldContactID).Strings(ctx)
}
