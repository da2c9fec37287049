package view_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// define makes a property.
func (d *suite) define(object vocab.PropertyObject, name string, kind vocab.PropertyKind) *ent.Property {
	d.T.Helper()
	return check.Must(property.New(d.Store).Create(d.Admin, property.CreatePropertyInput{Object: object, Name: name, Kind: kind}))(d.T)
}

// values gives a crowd what it has of properties: conversations a level, contacts a tier.
func (d *suite) values(ctx context.Context, tx *store.Tx, r *rand.Rand, w *crowd) error {
	w.levels, w.tiers = map[string]float64{}, map[string]string{}
	for _, c := range w.all {
		if level := r.IntN(4); level > 0 {
			w.levels[c.ID] = float64(level)
			if _, err := property.Set(ctx, tx, vocab.PropertyOfConversation, c.ID, []property.PropertyValueInput{{Name: "level", Number: opt.Of(w.levels[c.ID])}}); err != nil {
				return err
			}
		}
	}
	for i, tier := range []string{"Gold", "silver"} {
		w.tiers[w.contacts[i]] = tier
		if _, err := property.Set(ctx, tx, vocab.PropertyOfContact, w.contacts[i], []property.PropertyValueInput{{Name: "tier", Text: opt.Of(tier)}}); err != nil {
			return err
		}
	}
	return nil
}

// drawProperties draws conditions on levels and tiers.
func drawProperties(t *rapid.T, f *view.Filter) {
	one, two, yes, no := 1.0, 2.0, true, false
	f.Properties = some(t, "levels", vocab.PropertyCondition{Name: "level", Number: &one}, vocab.PropertyCondition{Name: "level", NumberFrom: &two},
		vocab.PropertyCondition{Name: "level", NumberTo: &two}, vocab.PropertyCondition{Name: "level", IsSet: &yes}, vocab.PropertyCondition{Name: "level", IsSet: &no})
	f.ContactProperties = some(t, "tiers", vocab.PropertyCondition{Name: "tier", AnyOf: []string{"GOLD"}},
		vocab.PropertyCondition{Name: "tier", AnyOf: []string{"gold", "silver"}}, vocab.PropertyCondition{Name: "tier", IsSet: &no})
}

// has reports whether a conversation passes the conditions on properties (CR-11).
func (w *crowd) has(c *ent.Conversation, f view.Filter) bool {
	level, levelled := w.levels[c.ID]
	tier := w.tiers[c.ContactID]
	return !slices.ContainsFunc(f.Properties, func(p vocab.PropertyCondition) bool {
		switch {
		case p.IsSet != nil:
			return *p.IsSet != levelled
		case p.Number != nil:
			return level != *p.Number
		case p.NumberFrom != nil:
			return level < *p.NumberFrom
		}
		return !levelled || level > *p.NumberTo
	}) && !slices.ContainsFunc(f.ContactProperties, func(p vocab.PropertyCondition) bool {
		if p.IsSet != nil {
			return *p.IsSet != (tier != "")
		}
		return !slices.ContainsFunc(p.AnyOf, func(wanted string) bool { return strings.EqualFold(wanted, tier) })
	})
}

// CR-11: a saved view keeps properties by their ids, so that a rename changes nothing; what
// is archived stays where it is used, and comes nowhere else.
func TestSavedViewsOnProperties(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		properties, agent := property.New(d.Store), d.Agent(0)
		level, tier := d.define(vocab.PropertyOfConversation, "level", vocab.NumberProperty), d.define(vocab.PropertyOfContact, "tier", vocab.TextProperty)
		chat := d.ConversationIDs[0]
		check.Must(d.SetProperties(agent, conversation.SetConversationPropertiesInput{Target: conversation.On(chat), Properties: []property.PropertyValueInput{{Name: "level", Number: opt.Of(3.0)}}}))(t)
		check.Must(contact.New(d.Store).Update(agent, contact.UpdateContactInput{ContactID: d.ContactID, ContactFacts: contact.ContactFacts{Properties: opt.List(property.PropertyValueInput{Name: "tier", Text: opt.Of("Gold")})}}))(t)
		check.Must(d.LinkContact(d.Agent(1), conversation.LinkContactInput{Target: conversation.On(chat), ContactID: d.ContactID}))(t)

		high := vocab.PropertyCondition{Name: "level", NumberFrom: check.Ptr(2.0)}
		gold := vocab.PropertyCondition{Name: "tier", AnyOf: []string{"gold"}}
		wanted := view.Filter{Any: []view.Filter{{Properties: []vocab.PropertyCondition{high}, ContactProperties: []vocab.PropertyCondition{gold}}}}
		saved := d.SaveView(agent, view.CreateSavedViewInput{Name: "High", Filter: &wanted})
		kept := check.Must(view.FilterOf(saved))(t)
		check.Same(t, []string{kept.Any[0].Properties[0].PropertyID, kept.Any[0].ContactProperties[0].PropertyID}, []string{level.ID, tier.ID})
		shows := func(label string) {
			t.Helper()
			if got := check.Must(d.listed(agent, saved.ID, view.Filter{}))(t); !slices.Equal(got, []string{chat}) {
				t.Errorf("%s: the view shows %v", label, got)
			}
		}
		shows("saved")
		check.Must(properties.Update(d.Admin, property.UpdatePropertyInput{PropertyID: level.ID, Name: opt.Of("severity")}))(t)
		shows("renamed")
		check.Must(properties.Archive(d.Admin, property.ArchivePropertyInput{PropertyID: level.ID}))(t)
		shows("archived")

		high.Name = "severity"
		again := view.Filter{Properties: []vocab.PropertyCondition{high}}
		check.Must(d.UpdateSavedView(agent, view.UpdateSavedViewInput{SavedViewID: saved.ID, Filter: opt.Of(again)}))(t)
		shows("saved again")
		_, err := d.CreateSavedView(agent, view.CreateSavedViewInput{Name: "Other", Filter: &view.Filter{Not: []view.Filter{again}}})
		check.Refused(t, err, errs.Invalid, "filter", "not", "0", "properties", "0", "name")
		for _, tc := range []struct {
			filter view.Filter
			code   errs.Code
			path   []string
		}{
			{view.Filter{Properties: []vocab.PropertyCondition{{Name: "tier", IsSet: check.Ptr(true)}}}, errs.NotFound, []string{"filter", "properties", "0", "name"}},
			{view.Filter{ContactProperties: []vocab.PropertyCondition{gold, {Name: "tier", Number: check.Ptr(1.0)}}}, errs.Invalid, []string{"filter", "contactProperties", "1", "number"}},
			{view.Filter{Any: []view.Filter{{ContactProperties: []vocab.PropertyCondition{{Name: "tier"}}}}}, errs.Invalid, []string{"filter", "any", "0", "contactProperties", "0"}},
			{view.Filter{Properties: make([]vocab.PropertyCondition, 21)}, errs.TooLong, []string{"filter"}},
		} {
			_, err := d.CreateSavedView(agent, view.CreateSavedViewInput{Name: "Other", Filter: &tc.filter})
			check.Refused(t, err, tc.code, tc.path...)
			_, err = d.List(agent, view.Selection{Filter: tc.filter}, paging.PageArgs{})
			check.Refused(t, err, tc.code, tc.path...)
		}
	})
}

// readsAll is a plan that reads all values, or all conversations; those of a contact may come
// from a bitmap of their index.
var readsAll = regexp.MustCompile(`Seq Scan|SCAN (conversations|c|property_values)\b`)

// CR-11: few conversations with a value are found by the value's index, whatever the view.
func (d *suite) valued(t *testing.T) {
	level := d.define(vocab.PropertyOfConversation, "level", vocab.NumberProperty)
	tier := d.define(vocab.PropertyOfContact, "tier", vocab.TextProperty)
	// Of an almost empty table PostgreSQL reads all, once it knows that it is one.
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		const value = `INSERT INTO property_values (id, account_id, property_id, object, record_id, text, text_key, number_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
		for i := range 3_000 {
			if _, err := tx.Exec(ctx, value, fmt.Sprint("level ", i), d.AccountID, level.ID, string(level.Object), fmt.Sprint("chat ", i), "", nil, 1.0/float64(i+1)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, value, fmt.Sprint("tier ", i), d.AccountID, tier.ID, string(tier.Object), fmt.Sprint("contact ", i), "x", fmt.Sprint("tier ", i), nil); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "ANALYZE")
		return err
	})
	for _, shown := range desk.BuiltInViews {
		for name, filter := range map[string]view.Filter{
			"level": {Properties: []vocab.PropertyCondition{{Name: "level", NumberFrom: check.Ptr(2.0)}}},
			"tier":  {ContactProperties: []vocab.PropertyCondition{{Name: "tier", AnyOf: []string{"gold"}}}},
		} {
			query, args, err := d.ListSQL(d.Agent(1), view.Selection{View: shown, Filter: filter}, paging.PageArgs{})
			if err != nil {
				t.Fatal(err)
			}
			if plan, _ := d.Explain(query, args); !strings.Contains(plan, "property_values_") || readsAll.MatchString(plan) {
				t.Errorf("%s in %s:\n%s", name, shown, plan)
			}
		}
	}
}
