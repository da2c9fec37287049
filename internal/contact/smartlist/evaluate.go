package smartlist

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactlist"
	"parley/ent/contactlistmember"
	entinbox "parley/ent/inbox"
	"parley/ent/pageview"
	entvisitor "parley/ent/visitor"
	"parley/internal/clock"
	"parley/internal/pageurl"
	"parley/internal/viewer"
)

const (
	// MaxContacts is the most contacts that are evaluated together.
	MaxContacts = 250
	// leavesPerQuery is the most conditions that one query asks for.
	leavesPerQuery = 40
	// visitorsPerQuery is the most visitors whose pages one query loads.
	visitorsPerQuery = 1000
)

// Evaluate asks of contacts, at most MaxContacts, what the lists without problems ask for.
// It returns a function that answers for a list of the plan and a contact.
func (p *Plan) Evaluate(ctx context.Context, client *ent.Client, contactIDs []string, now clock.Micros) (func(l *List, contactID string) Answer, error) {
	ctx = viewer.AsSystem(ctx, "smart-lists")
	var stored, pages []*leaf
	for _, l := range p.leaves {
		l.found = map[string]clock.Micros{}
		if l.pages != nil {
			pages = append(pages, l)
		} else {
			stored = append(stored, l)
		}
	}
	for some := range slices.Chunk(stored, leavesPerQuery) {
		if err := ask(ctx, client, some, contactIDs); err != nil {
			return nil, err
		}
	}
	if len(pages) > 0 {
		if err := askPages(ctx, client, pages, contactIDs); err != nil {
			return nil, err
		}
	}
	return func(l *List, contactID string) Answer { return l.root.answerFor(contactID, now) }, nil
}

// ask fills in what was found for some conditions, with one query.
func ask(ctx context.Context, client *ent.Client, leaves []*leaf, contactIDs []string) error {
	var rows []struct {
		Leaf      int          `json:"leaf"`
		ContactID string       `json:"contact_id"`
		At        clock.Micros `json:"at"`
	}
	err := client.Contact.Query().Where(entcontact.IDIn("")).Modify(func(s *sql.Selector) {
		s.Select()
		s.AppendSelectExprAs(sql.Raw("-1"), "leaf").AppendSelectAs(s.C(entcontact.FieldID), "contact_id").AppendSelectExprAs(sql.Raw("0"), "at")
		for i, l := range leaves {
			s.UnionAll(l.rows(source{sql.Dialect(s.Dialect()), i, anys(contactIDs)}))
		}
	}).Scan(ctx, &rows)
	for _, r := range rows {
		leaves[r.Leaf].found[r.ContactID] = r.At
	}
	return err
}

// askPages fills in when pages were last looked at.
func askPages(ctx context.Context, client *ent.Client, leaves []*leaf, contactIDs []string) error {
	inboxes, err := client.Inbox.Query().Where(entinbox.DeletedAt(0)).IDs(ctx)
	if err != nil {
		return err
	}
	visitors, err := client.Visitor.Query().Where(entvisitor.ContactIDIn(contactIDs...), entvisitor.InboxIDIn(inboxes...)).
		Select(entvisitor.FieldID, entvisitor.FieldContactID).All(ctx)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(visitors, visitorsPerQuery) {
		contacts, ids := map[string]string{}, make([]string, len(some))
		for i, v := range some {
			ids[i], contacts[v.ID] = v.ID, v.ContactID
		}
		views, err := client.PageView.Query().Where(pageview.VisitorIDIn(ids...)).
			Select(pageview.FieldVisitorID, pageview.FieldURL, pageview.FieldViewedAt).All(ctx)
		if err != nil {
			return err
		}
		for _, v := range views {
			notePage(leaves, contacts[v.VisitorID], v)
		}
	}
	return nil
}

// notePage has the conditions that a page meets know when it was looked at.
func notePage(leaves []*leaf, contactID string, v *ent.PageView) {
	page := pageurl.ParsePage(v.URL)
	for _, l := range leaves {
		if v.ViewedAt > l.found[contactID] && pageurl.Meets(l.pages.rule(), v.URL, page) {
			l.found[contactID] = v.ViewedAt
		}
	}
}

// ListsOf returns the lists that a contact is on: the static ones, and smart ones as their
// criteria say at the time. A list whose criteria do not hold together any more has whom it
// had.
func ListsOf(ctx context.Context, client *ent.Client, contactID string, now clock.Micros) ([]string, error) {
	if contactID == "" {
		return nil, nil
	}
	stored, err := client.ContactListMember.Query().Where(contactlistmember.ContactID(contactID)).Select(contactlistmember.FieldListID).Strings(ctx)
	if err != nil {
		return nil, err
	}
	smart, err := client.ContactList.Query().Where(contactlist.CriteriaNEQ("")).All(ctx)
	if err != nil || len(smart) == 0 {
		return stored, err
	}
	p, err := Prepare(ctx, client, smart)
	if err != nil {
		return nil, err
	}
	answer, err := p.Evaluate(ctx, client, []string{contactID}, now)
	if err != nil {
		return nil, err
	}
	for _, l := range p.Lists {
		if l.Problems != nil {
			continue
		}
		stored = slices.DeleteFunc(stored, func(listID string) bool { return listID == l.ID })
		if answer(l, contactID).Holds {
			stored = append(stored, l.ID)
		}
	}
	return stored, nil
}
