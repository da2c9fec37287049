package crm_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/company"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// define defines a property of choices.
func (w *world) define(object vocab.PropertyObject, name string, options ...string) {
	w.t.Helper()
	list := []vocab.PropertyOption{}
	for _, o := range options {
		list = append(list, vocab.PropertyOption{Value: o, Label: o})
	}
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Property.Create().SetID(id.New(id.Property)).SetObject(object).SetName(name).SetLabel(name).
			SetKind(vocab.ChoiceProperty).SetOptions(list).SetCreatedAt(tx.Now()).Exec(ctx)
	})
}

func choice(name, value string) opt.Value[[]property.PropertyValueInput] {
	return opt.List(property.PropertyValueInput{Name: name, Choice: opt.Of(value)})
}

// CR-7, CR-11: tickets have defined properties, such as a category; they are found by them,
// and lose them when they are deleted.
func TestDefinedPropertiesOfTickets(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.define(vocab.PropertyOfTicket, "category", "billing", "delivery")
		made := w.ticket(w.Agent(0), func(in *crm.CreateTicketInput) { in.DefinedProperties = choice("category", "billing") })
		other := w.ticket(w.Agent(0), nil)
		found := func(value string) []string {
			f := crm.TicketFilter{DefinedProperties: []vocab.PropertyCondition{{Name: "category", AnyOf: []string{value}}}}
			page := check.Must(w.Tickets(w.Agent(0), f, "", paging.PageArgs{}))(t)
			check.Same(t, *check.Must(page.TotalCount(w.Agent(0)))(t), len(page.Edges))
			ids := []string{}
			for _, one := range page.Nodes() {
				ids = append(ids, one.ID)
			}
			return ids
		}
		check.Same(t, found("billing"), []string{made.ID})
		update := crm.UpdateTicketInput{TicketID: made.ID, TicketFacts: crm.TicketFacts{DefinedProperties: choice("category", "delivery")}}
		check.Same(t, w.recorded(func() { check.Must(w.UpdateTicket(w.Agent(0), update))(t) }), []string{"TICKET_UPDATED definedProperties"})
		check.Same(t, w.recorded(func() { check.Must(w.UpdateTicket(w.Agent(0), update))(t) }), []string(nil))
		check.Same(t, [][]string{found("billing"), found("delivery")}, [][]string{{}, {made.ID}})
		lacks := crm.TicketFilter{DefinedProperties: []vocab.PropertyCondition{{Name: "category", IsSet: check.Ptr(false)}}}
		check.Same(t, check.Must(w.Tickets(w.Agent(0), lacks, "", paging.PageArgs{}))(t).Nodes()[0].ID, other.ID)
		_, err := w.UpdateTicket(w.Agent(0), crm.UpdateTicketInput{TicketID: made.ID, TicketFacts: crm.TicketFacts{DefinedProperties: choice("category", "none")}})
		check.Refused(t, err, errs.Invalid, "definedProperties", "0", "choice")
		_, err = w.Tickets(w.Agent(0), crm.TicketFilter{DefinedProperties: []vocab.PropertyCondition{{Name: "none", IsSet: check.Ptr(true)}}}, "", paging.PageArgs{})
		check.Refused(t, err, errs.NotFound, "filter", "definedProperties", "0", "name")
		check.NoError(t, w.DeleteTicket(w.Agent(0), crm.DeleteTicketInput{TicketID: made.ID}))
		check.Same(t, check.Must(w.Store.Client(w.System).PropertyValue.Query().Count(w.System))(t), 0)
	})
}

// CR-6, CR-7, CR-9: a ticket or deal from a conversation is the company's of its contact;
// lists are filtered by companies, which leave when they are deleted.
func TestCompaniesOfRecords(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		companies := company.New(w.Store)
		acme := check.Must(companies.Create(w.Admin, company.CreateCompanyInput{CompanyFacts: company.CompanyFacts{Name: opt.Of("Acme")}}))(t)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Contact.UpdateOneID(w.ContactID).SetCompanyID(acme.ID).Exec(ctx)
		})
		ticket := w.ticket(w.Agent(0), func(in *crm.CreateTicketInput) { in.ConversationID = &w.ConversationIDs[0] })
		deal := check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{ConversationID: &w.ConversationIDs[0]}))(t)
		none := w.ticket(w.Agent(0), func(in *crm.CreateTicketInput) {
			in.ContactID, in.CompanyID = opt.Of(w.ContactID), opt.Null[string]()
		})
		check.Same(t, []string{ticket.CompanyID, deal.CompanyID, none.CompanyID}, []string{acme.ID, acme.ID, ""})
		page := check.Must(w.Tickets(w.Agent(0), crm.TicketFilter{CompanyIDs: []string{acme.ID}}, "", paging.PageArgs{}))(t)
		check.Same(t, []any{len(page.Edges), page.Nodes()[0].ID}, []any{1, ticket.ID})
		of := check.Must(w.DealsOfCompanies(w.Agent(0), []*ent.Company{acme}, paging.PageArgs{}))(t)
		check.Same(t, []int{len(of[0].Edges), *check.Must(of[0].TotalCount(w.Agent(0)))(t)}, []int{1, 1})
		_, err := w.UpdateDeal(w.Agent(0), crm.UpdateDealInput{DealID: deal.ID, DealFacts: crm.DealFacts{CompanyID: opt.Of(id.New(id.Company))}})
		check.Refused(t, err, errs.NotFound, "companyId")

		check.NoError(t, companies.Delete(w.Admin, company.DeleteCompanyInput{CompanyID: acme.ID}))
		for _, consumer := range w.Consumers() {
			if consumer.Name == "forget-companies" {
				e := &event.Entry{Event: &ent.Event{AccountID: w.AccountID, Type: vocab.CompanyDeleted, SubjectID: acme.ID}}
				check.Same(t, w.recorded(func() { check.NoError(t, consumer.Handle(w.System, e)) }), []string{"TICKET_UPDATED company", "DEAL_UPDATED company"})
				check.NoError(t, consumer.Handle(w.System, e))
			}
		}
		check.Same(t, check.Must(w.Store.Client(w.System).Deal.Get(w.System, deal.ID))(t).CompanyID, "")
	})
}

// CR-9: deals are counted and added up by stage and currency, exactly, beyond 64 bits too,
// and only those that the viewer may see.
func TestDealTotals(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		won := w.stage("Sales", "Won")
		most := vocab.Money{Value: "9999999999999.99", Currency: "EUR"}
		for range 3 {
			check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{DealFacts: crm.DealFacts{Name: set("d"), StageID: set(won.ID), Amount: set(most)}}))(t)
		}
		check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{DealFacts: crm.DealFacts{Name: set("d"), StageID: set(won.ID), Amount: set(vocab.Money{Value: "7", Currency: "JPY"})}}))(t)
		check.Must(w.CreateDeal(w.Agent(1), crm.CreateDealInput{ConversationID: &w.ConversationIDs[2], DealFacts: crm.DealFacts{Name: set("hidden"), StageID: set(won.ID), Amount: set(most)}}))(t)
		check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{DealFacts: crm.DealFacts{Name: set("d"), StageID: set(won.ID)}}))(t)
		totals := check.Must(w.DealTotals(w.Agent(0), crm.DealFilter{}))(t)
		check.Same(t, len(totals), 1)
		check.Same(t, *totals[0], crm.DealTotal{StageID: won.ID, Count: 5, Amounts: []*vocab.Money{{Value: "29999999999999.97", Currency: "EUR"}, {Value: "7", Currency: "JPY"}}})
		check.Same(t, check.Must(w.DealTotals(w.Agent(0), crm.DealFilter{StageKinds: []vocab.StageKind{vocab.StageOpen}}))(t), []*crm.DealTotal{})
		_, err := w.DealTotals(w.Agent(0), crm.DealFilter{Query: check.Ptr("x")})
		check.Refused(t, err, errs.Invalid, "filter", "query")
	})
}
