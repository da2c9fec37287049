package timeline

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/ent/contactlist"
	entconversation "parley/ent/conversation"
	entdeal "parley/ent/deal"
	entengagement "parley/ent/engagement"
	entevent "parley/ent/event"
	"parley/ent/libraryopening"
	"parley/ent/pageview"
	entquote "parley/ent/quote"
	entversion "parley/ent/quoteversion"
	entticket "parley/ent/ticket"
	entvisitor "parley/ent/visitor"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// lanes are the kinds of entries, each with how it is read.
var lanes = []struct {
	kind vocab.TimelineKind
	read lane
}{
	{vocab.TimelineConversation, readConversations}, {vocab.TimelineEngagement, readEngagements}, {vocab.TimelineTicket, readTickets},
	{vocab.TimelineDeal, readDeals}, {vocab.TimelinePageView, readPageViews}, {vocab.TimelineConsent, readConsents}, {vocab.TimelineListChange, readListChanges},
	{vocab.TimelineOpening, readOpenings},
	{vocab.TimelineQuotePublished, readQuotes(vocab.TimelineQuotePublished, entversion.FieldPublishedAt, func(v *ent.QuoteVersion) clock.Micros { return v.PublishedAt })},
	{vocab.TimelineQuoteAccepted, readQuotes(vocab.TimelineQuoteAccepted, entversion.FieldAcceptedAt, func(v *ent.QuoteVersion) clock.Micros { return v.AcceptedAt })},
	{vocab.TimelineQuoteDeclined, readQuotes(vocab.TimelineQuoteDeclined, entversion.FieldDeclinedAt, func(v *ent.QuoteVersion) clock.Micros { return v.DeclinedAt })},
}

var conversations = order(id.Conversation, entconversation.FieldOpenedAt,
	func(c *ent.Conversation) clock.Micros { return c.OpenedAt }, func(c *ent.Conversation) string { return c.ID })

func readConversations(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	return read(conversations, vocab.TimelineConversation, contactIDs, args, store.Of(entconversation.FieldContactID), func(narrow func(*sql.Selector)) ([]*ent.Conversation, error) {
		q := client.Conversation.Query().Where(entconversation.DeletedAt(clock.Micros(0)))
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

var engagements = order(id.Engagement, entengagement.FieldAt,
	func(e *ent.Engagement) clock.Micros { return e.At }, func(e *ent.Engagement) string { return e.ID })

func readEngagements(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	return read(engagements, vocab.TimelineEngagement, contactIDs, args, store.Of(entengagement.FieldContactID), func(narrow func(*sql.Selector)) ([]*ent.Engagement, error) {
		q := client.Engagement.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

var tickets = few(id.Ticket, entticket.FieldCreatedAt,
	func(t *ent.Ticket) clock.Micros { return t.CreatedAt }, func(t *ent.Ticket) string { return t.ID })

func readTickets(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	return read(tickets, vocab.TimelineTicket, contactIDs, args, store.OfContact, func(narrow func(*sql.Selector)) ([]*ent.Ticket, error) {
		q := client.Ticket.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

var deals = few(id.Deal, entdeal.FieldCreatedAt,
	func(d *ent.Deal) clock.Micros { return d.CreatedAt }, func(d *ent.Deal) string { return d.ID })

func readDeals(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	return read(deals, vocab.TimelineDeal, contactIDs, args, store.OfContact, func(narrow func(*sql.Selector)) ([]*ent.Deal, error) {
		q := client.Deal.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

var pageViews = order(id.PageView, pageview.FieldViewedAt,
	func(p *ent.PageView) clock.Micros { return p.ViewedAt }, func(p *ent.PageView) string { return p.ID })

func readPageViews(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	within := func(s *sql.Selector, contactID string) {
		d := sql.Dialect(s.Dialect())
		v := d.Table(entvisitor.Table)
		s.Where(sql.In(s.C(pageview.FieldVisitorID), d.Select(v.C(entvisitor.FieldID)).From(v).Where(sql.EQ(v.C(entvisitor.FieldContactID), contactID))))
	}
	return read(pageViews, vocab.TimelinePageView, contactIDs, args, within, func(narrow func(*sql.Selector)) ([]*ent.PageView, error) {
		q := client.PageView.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

var consents = order(id.Consent, consentrecord.FieldGivenAt,
	func(c *ent.ConsentRecord) clock.Micros { return c.GivenAt }, func(c *ent.ConsentRecord) string { return c.ID })

func readConsents(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	return read(consents, vocab.TimelineConsent, contactIDs, args, store.Of(consentrecord.FieldContactID), func(narrow func(*sql.Selector)) ([]*ent.ConsentRecord, error) {
		q := client.ConsentRecord.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

var listChanges = order(id.Event, entevent.FieldOccurredAt,
	func(e *ent.Event) clock.Micros { return e.OccurredAt }, func(e *ent.Event) string { return e.ID })

// ofLists is written as the partial index has it.
const ofLists = "type IN ('LIST_ENTERED', 'LIST_LEFT')"

// readListChanges reads them in the log, as far as it reaches back.
func readListChanges(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	within := func(s *sql.Selector, contactID string) {
		s.Where(sql.And(sql.EQ(s.C(entevent.FieldSubjectID), contactID), sql.ExprP(ofLists)))
	}
	return read(listChanges, vocab.TimelineListChange, contactIDs, args, within, func(narrow func(*sql.Selector)) ([]*ent.Event, error) {
		q := client.Event.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, listChangeOf)
}

func listChangeOf(e *ent.Event) any {
	change := &ListChange{Entered: e.Type == vocab.ListEntered}
	for _, c := range e.Changes {
		if c.Field == "list" && c.To != nil {
			change.listID = *c.To
		} else if c.Field == "list" && c.From != nil {
			change.listID = *c.From
		}
	}
	return change
}

var openings = order(id.LibraryOpening, libraryopening.FieldOpenedAt,
	func(o *ent.LibraryOpening) clock.Micros { return o.OpenedAt }, func(o *ent.LibraryOpening) string { return o.ID })

func readOpenings(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
	return read(openings, vocab.TimelineOpening, contactIDs, args, store.Of(libraryopening.FieldContactID), func(narrow func(*sql.Selector)) ([]*ent.LibraryOpening, error) {
		q := client.LibraryOpening.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}, asIs)
}

// readQuotes reads what became of the versions of quotes, in the order of one of their times.
func readQuotes(kind vocab.TimelineKind, column string, at func(*ent.QuoteVersion) clock.Micros) lane {
	steps := few("quoteversion", column, at, func(v *ent.QuoteVersion) string { return v.ID })
	within := func(s *sql.Selector, contactID string) {
		d := sql.Dialect(s.Dialect())
		q := d.Table(entquote.Table)
		s.Where(sql.And(sql.GT(s.C(column), 0), sql.In(s.C(entversion.FieldQuoteID), d.Select(q.C(entquote.FieldID)).From(q).Where(sql.And(
			sql.EQ(q.C(entquote.FieldAccountID), sql.Expr(s.C(entversion.FieldAccountID))), sql.EQ(q.C(entquote.FieldContactID), contactID),
		)))))
	}
	return func(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error) {
		return read(steps, kind, contactIDs, args, within, func(narrow func(*sql.Selector)) ([]*ent.QuoteVersion, error) {
			q := client.QuoteVersion.Query()
			q.Modify(narrow)
			return q.All(ctx)
		}, asIs)
	}
}

// loadQuotes puts the quotes into entries that have their versions, with one query if there
// are any. Those are left out that were deleted since.
func loadQuotes(ctx context.Context, client *ent.Client, pages []*Page) error {
	var ids []string
	for _, p := range pages {
		for _, e := range p.Edges {
			if v, ok := e.Node.Item.(*ent.QuoteVersion); ok {
				ids = append(ids, v.QuoteID)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := client.Quote.Query().Where(entquote.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	byID := map[string]*ent.Quote{}
	for _, q := range found {
		byID[q.ID] = q
	}
	for _, p := range pages {
		p.Edges = slices.DeleteFunc(p.Edges, func(e *paging.Edge[*Entry]) bool {
			v, ok := e.Node.Item.(*ent.QuoteVersion)
			if ok {
				e.Node.Item = byID[v.QuoteID]
			}
			return ok && byID[v.QuoteID] == nil
		})
	}
	return nil
}

// eachList calls do with each of the lists that there are.
func eachList(ctx context.Context, client *ent.Client, ids []string, do func(*ent.ContactList)) error {
	found, err := client.ContactList.Query().Where(contactlist.IDIn(ids...)).All(ctx)
	for _, l := range found {
		do(l)
	}
	return err
}
