package conversation

import (
	"context"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/association"
	entcompany "parley/ent/company"
	entcontact "parley/ent/contact"
	entdeal "parley/ent/deal"
	entticket "parley/ent/ticket"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxAssociations is the most records that someone associates with a conversation, and the
// most that are shown.
const maxAssociations = 100

// Association is a record that belongs to a conversation (CR-3).
type Association struct {
	RecordID string
	// Record is *ent.Contact, *ent.Company, *ent.Deal or *ent.Ticket.
	Record any
	Kind   vocab.AssociationKind
	Source vocab.AssociationSource
	// AuthorKind and AuthorID are who associated it; "": no one did, it follows from what
	// the conversation has.
	AuthorKind viewer.Kind
	AuthorID   string
	At         clock.Micros
	Main       bool
}

// Associations returns the records of each conversation that the viewer may see, the main
// contact first: those that follow from what it has (its contact and that one's company,
// the tickets and deals that were made for it, contacts who take part by mail), and those
// that someone added, without those that someone took off. At most 100 are returned, with
// a few queries for all conversations.
func (s *Service) Associations(ctx context.Context, list []*ent.Conversation) ([][]*Association, error) {
	a := associations{client: s.store.Client(ctx), of: map[string][]*Association{}, records: map[string]any{}}
	if err := a.collect(ctx, s.store, list); err != nil {
		return nil, err
	}
	lists := make([][]*Association, len(list))
	for i, c := range list {
		lists[i] = []*Association{}
		for _, one := range a.of[c.ID] {
			seen := slices.ContainsFunc(lists[i], func(other *Association) bool { return other.RecordID == one.RecordID })
			if one.Record = a.records[one.RecordID]; one.Record != nil && !seen && len(lists[i]) < maxAssociations {
				lists[i] = append(lists[i], one)
			}
		}
	}
	return lists, nil
}

// associations are those of some conversations, while they are read.
type associations struct {
	client  *ent.Client
	of      map[string][]*Association
	records map[string]any
}

func (a *associations) collect(ctx context.Context, st *store.Store, list []*ent.Conversation) error {
	ids := idsOf(list)
	said, err := a.client.Association.Query().Where(association.ConversationIDIn(ids...)).Order(association.ByAt(), association.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.ContactID != "" {
			a.add(c.ID, &Association{RecordID: c.ContactID, Kind: vocab.AssociatedContact, Source: sourceOfMain(c), At: c.OpenedAt, Main: true})
		}
	}
	taking, err := partakers(ctx, st, list)
	if err != nil {
		return err
	}
	if err := a.loadContacts(ctx, list, taking, said); err != nil {
		return err
	}
	if err := a.addMade(ctx, ids); err != nil {
		return err
	}
	for _, p := range taking {
		a.add(p.conversation, &Association{RecordID: p.contact, Kind: vocab.AssociatedContact, Source: vocab.AssociatedByMail, At: p.since})
	}
	a.addSaid(said)
	return a.loadOthers(ctx)
}

func (a *associations) add(conversationID string, one *Association) {
	a.of[conversationID] = append(a.of[conversationID], one)
}

// sourceOfMain is why the main contact is that.
func sourceOfMain(c *ent.Conversation) vocab.AssociationSource {
	switch {
	case c.ContactByHand:
		return vocab.AssociatedByHand
	case c.Kind == vocab.Email:
		return vocab.AssociatedByMail
	}
	return vocab.AssociatedByRule
}

// partaker is a contact with an address that takes part in a conversation by mail.
type partaker struct {
	conversation, contact string
	since                 clock.Micros
}

// partakers are the contacts whose addresses take part in conversations by mail.
func partakers(ctx context.Context, st *store.Store, list []*ent.Conversation) ([]partaker, error) {
	opened := map[string]clock.Micros{}
	var mails []string
	for _, c := range list {
		if c.Kind == vocab.Email {
			mails = append(mails, c.ID)
			opened[c.ID] = c.OpenedAt
		}
	}
	if len(mails) == 0 {
		return nil, nil
	}
	var q store.Statement
	q.WriteString("SELECT p.conversation_id, e.contact_id FROM participants p JOIN contact_emails e ON e.account_id = p.account_id AND e.address = p.address WHERE p.conversation_id IN (" +
		store.List(&q, mails) + ") ORDER BY p.conversation_id, p.id")
	var found []partaker
	err := store.ForEachRow(ctx, st, q.String(), q.Args, func(rows entsql.ColumnScanner) error {
		var p partaker
		err := rows.Scan(&p.conversation, &p.contact)
		p.since = opened[p.conversation]
		found = append(found, p)
		return err
	})
	return found, err
}

// loadContacts loads the contacts that may be shown, and adds the companies of main ones.
func (a *associations) loadContacts(ctx context.Context, list []*ent.Conversation, taking []partaker, said []*ent.Association) error {
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ContactID)
	}
	for _, p := range taking {
		ids = append(ids, p.contact)
	}
	for _, row := range said {
		ids = append(ids, row.RecordID)
	}
	rows, err := a.client.Contact.Query().Where(entcontact.IDIn(distinct(ids, id.Contact)...)).All(ctx)
	if err != nil {
		return err
	}
	companies := map[string]string{}
	for _, c := range rows {
		a.records[c.ID], companies[c.ID] = c, c.CompanyID
	}
	for _, c := range list {
		if of := companies[c.ContactID]; of != "" {
			a.add(c.ID, &Association{RecordID: of, Kind: vocab.AssociatedCompany, Source: vocab.AssociatedByRule, At: c.OpenedAt})
		}
	}
	return nil
}

// addMade adds the tickets and deals that were made for the conversations.
func (a *associations) addMade(ctx context.Context, ids []string) error {
	tickets, err := a.client.Ticket.Query().Where(entticket.ConversationIDIn(ids...)).Order(entticket.ByCreatedAt(), entticket.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, t := range tickets {
		a.records[t.ID] = t
		a.add(*t.ConversationID, &Association{RecordID: t.ID, Kind: vocab.AssociatedTicket, Source: vocab.AssociatedByItsCreation, At: t.CreatedAt})
	}
	deals, err := a.client.Deal.Query().Where(entdeal.ConversationIDIn(ids...)).Order(entdeal.ByCreatedAt(), entdeal.ByID()).All(ctx)
	for _, d := range deals {
		a.records[d.ID] = d
		a.add(*d.ConversationID, &Association{RecordID: d.ID, Kind: vocab.AssociatedDeal, Source: vocab.AssociatedByItsCreation, At: d.CreatedAt})
	}
	return err
}

var kindsOfRecords = map[string]vocab.AssociationKind{
	id.Contact: vocab.AssociatedContact, id.Company: vocab.AssociatedCompany, id.Deal: vocab.AssociatedDeal, id.Ticket: vocab.AssociatedTicket,
}

// addSaid adds what someone associated, and takes off what someone took off. The main
// contact stays.
func (a *associations) addSaid(said []*ent.Association) {
	for _, row := range said {
		if !row.Removed {
			a.add(row.ConversationID, &Association{
				RecordID: row.RecordID, Kind: kindsOfRecords[id.Prefix(row.RecordID)], Source: vocab.AssociatedByHand,
				AuthorKind: row.AuthorKind, AuthorID: row.AuthorID, At: row.At,
			})
			continue
		}
		a.of[row.ConversationID] = slices.DeleteFunc(a.of[row.ConversationID], func(one *Association) bool { return one.RecordID == row.RecordID && !one.Main })
	}
}

// loadOthers loads the records that are not there yet.
func (a *associations) loadOthers(ctx context.Context) error {
	var ids []string
	for _, list := range a.of {
		for _, one := range list {
			if a.records[one.RecordID] == nil {
				ids = append(ids, one.RecordID)
			}
		}
	}
	if some := distinct(ids, id.Company); len(some) > 0 {
		rows, err := a.client.Company.Query().Where(entcompany.IDIn(some...)).All(ctx)
		if err != nil {
			return err
		}
		for _, c := range rows {
			a.records[c.ID] = c
		}
	}
	if some := distinct(ids, id.Ticket); len(some) > 0 {
		rows, err := a.client.Ticket.Query().Where(entticket.IDIn(some...)).All(ctx)
		if err != nil {
			return err
		}
		for _, t := range rows {
			a.records[t.ID] = t
		}
	}
	some := distinct(ids, id.Deal)
	if len(some) == 0 {
		return nil
	}
	rows, err := a.client.Deal.Query().Where(entdeal.IDIn(some...)).All(ctx)
	for _, d := range rows {
		a.records[d.ID] = d
	}
	return err
}

// distinct are the ids of one kind, each once.
func distinct(ids []string, kind string) []string {
	some := slices.DeleteFunc(slices.Clone(ids), func(one string) bool { return !id.Is(one, kind) })
	slices.Sort(some)
	return slices.Compact(some)
}
