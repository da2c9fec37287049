package crm_test

import (
	"context"
	"strings"
	"testing"

	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CR-9: of a visitor of whom nothing is known the deal has the name that lists show.
func TestDealOfAVisitor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Conversation.UpdateOneID(w.ConversationIDs[1]).SetContactID("").SetVisitorID(w.VisitorIDs[1]).Exec(ctx)
		})
		d := check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{ConversationID: &w.ConversationIDs[1]}))(w.t)
		check.Same(w.t, []any{d.Name, d.ContactID}, []any{vocab.AnonymousName("Visitor", w.VisitorIDs[1]) + ": new deal", ""})
	})
}

// CR-9: a deal has an amount in a currency, is won or lost, and then has its close date.
func TestDeals(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.assign(0, w.AgentIDs[0])
		d := check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{
			ConversationID: &w.ConversationIDs[0], DealFacts: crm.DealFacts{Amount: set(vocab.Money{Value: "1250.5", Currency: "eur"})},
		}))(t)
		check.Same(t, []any{d.Name, d.OwnerID, d.ContactID, d.StageKind, *check.Must(crm.Amount(d))(t)},
			[]any{"Dora Contact: new deal", w.AgentIDs[0], w.ContactID, vocab.StageOpen, vocab.Money{Value: "1250.50", Currency: "EUR"}})
		lost := crm.UpdateDealInput{DealID: d.ID, DealFacts: crm.DealFacts{StageID: set(w.stage("Sales", "Lost").ID), LostReason: set("Too dear")}}
		check.Same(t, w.recorded(func() { d = check.Must(w.UpdateDeal(w.Agent(0), lost))(t) }), []string{"DEAL_UPDATED closesAt lostReason stage"})
		check.Same(t, []any{d.ClosedAt.IsSet(), d.ClosesAt == d.ClosedAt, d.LostReason}, []any{true, true, "Too dear"})
		won := check.Must(w.UpdateDeal(w.Agent(0), crm.UpdateDealInput{DealID: d.ID, DealFacts: crm.DealFacts{
			StageID: set(w.stage("Sales", "Won").ID), Amount: set(vocab.Money{Value: "007", Currency: "JPY"}),
		}}))(t)
		check.Same(t, []any{won.LostReason, *check.Must(crm.Amount(won))(t)}, []any{"", vocab.Money{Value: "7", Currency: "JPY"}})
		none := check.Must(w.UpdateDeal(w.Agent(0), crm.UpdateDealInput{DealID: d.ID, DealFacts: crm.DealFacts{Amount: opt.Null[vocab.Money]()}}))(t)
		check.Same(t, check.Must(crm.Amount(none))(t) == nil, true)

		for _, bad := range []struct {
			facts crm.DealFacts
			code  errs.Code
			field string
		}{
			{crm.DealFacts{}, errs.Required, "name"},
			{crm.DealFacts{Name: set("d"), Amount: set(vocab.Money{Value: "1", Currency: "EURO"})}, errs.Invalid, "amount.currency"},
			{crm.DealFacts{Name: set("d"), Amount: set(vocab.Money{Value: "-1", Currency: "EUR"})}, errs.Invalid, "amount.value"},
			{crm.DealFacts{Name: set("d"), Amount: set(vocab.Money{Value: "1e3", Currency: "EUR"})}, errs.Invalid, "amount.value"},
			{crm.DealFacts{Name: set("d"), Amount: set(vocab.Money{Value: "1.5", Currency: "JPY"})}, errs.Invalid, "amount.value"},
			{crm.DealFacts{Name: set("d"), Amount: set(vocab.Money{Value: "123456789012345", Currency: "EUR"})}, errs.Invalid, "amount.value"},
			{crm.DealFacts{Name: set("d"), StageID: set(w.stage("Support", "New").ID)}, errs.Invalid, "stageId"},
			{crm.DealFacts{Name: set("d"), LostReason: set("x")}, errs.Invalid, "lostReason"},
		} {
			_, err := w.CreateDeal(w.Agent(0), crm.CreateDealInput{DealFacts: bad.facts})
			check.Refused(t, err, bad.code, strings.Split(bad.field, ".")...)
		}
		up := crm.UpsertDealInput{ExternalID: "crm 1", DealFacts: crm.DealFacts{Name: set("d")}}
		one, created, err := w.UpsertDeal(w.Agent(0), up)
		check.Same(t, []any{created, err}, []any{true, nil})
		up.Name = set("e")
		two, created, err := w.UpsertDeal(w.Agent(0), up)
		check.Same(t, []any{two.ID, two.Name, created, err}, []any{one.ID, "e", false, nil})
		page := check.Must(w.Deals(w.Agent(0), crm.DealFilter{StageKinds: []vocab.StageKind{vocab.StageOpen}}, "", paging.PageArgs{}))(t)
		check.Same(t, []any{len(page.Edges), *check.Must(page.TotalCount(w.Agent(0)))(t)}, []any{1, 1})
		check.NoError(t, w.DeleteDeal(w.Agent(0), crm.DeleteDealInput{DealID: one.ID}))
		_, err = w.UpdateDeal(w.Agent(0), crm.UpdateDealInput{DealID: one.ID})
		check.Refused(t, err, errs.NotFound, "dealId")
		_, err = w.UpdateDeal(w.Agent(0), crm.UpdateDealInput{DealID: id.New(id.Deal)})
		check.Refused(t, err, errs.NotFound, "dealId")
	})
}
