package property_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// define makes a property that must be made.
func define(d *desk.Desk, object vocab.PropertyObject, name string, kind vocab.PropertyKind, options ...string) *ent.Property {
	d.T.Helper()
	in := property.CreatePropertyInput{Object: object, Name: name, Kind: kind}
	for _, o := range options {
		in.Options = append(in.Options, property.PropertyOptionInput{Value: o})
	}
	return check.Must(property.New(d.Store).Create(d.Admin, in))(d.T)
}

// shown is what a contact shows of its properties, as "name=value".
func shown(d *desk.Desk, contactID string, names ...string) []string {
	d.T.Helper()
	lists := check.Must(property.New(d.Store).Of(d.Admin, vocab.PropertyOfContact, []string{contactID}, names))(d.T)
	all := []string{}
	for _, v := range lists[0] {
		all = append(all, v.Property.Name+"="+textOf(v))
	}
	return all
}

func textOf(v *property.Value) string {
	switch {
	case v.Text != nil:
		return *v.Text
	case v.Number != nil:
		return fmt.Sprint(*v.Number)
	case v.Date != nil:
		return *v.Date
	case v.Time.IsSet():
		return v.Time.String()
	case v.Boolean != nil:
		return fmt.Sprint(*v.Boolean)
	case v.Choice != nil:
		return v.Choice.Label
	}
	labels := []string{}
	for _, o := range v.Choices {
		labels = append(labels, o.Label)
	}
	return strings.Join(labels, "+")
}

func setOf(d *desk.Desk, values ...property.PropertyValueInput) error {
	_, err := contact.New(d.Store).Update(d.Agent(0), contact.UpdateContactInput{ContactID: d.ContactID, ContactFacts: contact.ContactFacts{Properties: opt.List(values...)}})
	return err
}

// CR-11: each kind has its values; null and what is empty clear; what is said twice is
// said once, and what does not change anything is no event.
func TestValuesOfEachKind(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		for name, kind := range map[string]vocab.PropertyKind{
			"a-text": vocab.TextProperty, "b-long": vocab.LongTextProperty, "c-number": vocab.NumberProperty, "d-date": vocab.DateProperty,
			"e-time": vocab.TimeProperty, "f-is": vocab.BooleanProperty,
		} {
			define(d, vocab.PropertyOfContact, name, kind)
		}
		plan := define(d, vocab.PropertyOfContact, "g-plan", vocab.ChoiceProperty, "free", "gold")
		define(d, vocab.PropertyOfContact, "h-likes", vocab.ChoicesProperty, "tea", "milk", "water")
		all := []property.PropertyValueInput{
			{Name: "a-text", Text: opt.Of("  Two  words ")},
			{Name: "b-long", Text: opt.Of("One\nTwo")},
			{Name: "c-number", Number: opt.Of(-1.5)},
			{Name: "d-date", Date: opt.Of("1815-12-10")},
			{Name: "e-time", Time: opt.Of(desk.Moment(1) + 1999)},
			{Name: "f-is", Boolean: opt.Of(false)},
			{Name: "g-plan", Choice: opt.Of("gold")},
			{Name: "h-likes", Choices: opt.List("water", "tea", "tea")},
		}
		events := d.EventsOf(func() { check.NoError(t, setOf(d, all...)) })
		check.Same(t, shown(d, d.ContactID), []string{
			"a-text=Two words", "b-long=One\nTwo", "c-number=-1.5", "d-date=1815-12-10", "e-time=2026-01-05T10:00:00.001Z", "f-is=false", "g-plan=gold", "h-likes=tea+water",
		})
		check.Same(t, len(events), 1)
		check.Same(t, events[0].Type, vocab.ContactUpdated)
		check.Same(t, events[0].Changes[0].Field, "properties")
		check.Same(t, len(events[0].Changes[0].Added), 8)
		check.Same(t, d.Recorded(func() { check.NoError(t, setOf(d, all...)) }), []string{})

		check.NoError(t, setOf(d, property.PropertyValueInput{Name: "a-text", Text: opt.Null[string]()}, property.PropertyValueInput{Name: "b-long", Text: opt.Of("")},
			property.PropertyValueInput{Name: "c-number", Number: opt.Null[float64]()}, property.PropertyValueInput{Name: "d-date", Date: opt.Of("")},
			property.PropertyValueInput{Name: "f-is", Boolean: opt.Of(true)}, property.PropertyValueInput{Name: "h-likes", Choices: opt.List[string]()}))
		check.Same(t, shown(d, d.ContactID), []string{"e-time=2026-01-05T10:00:00.001Z", "f-is=true", "g-plan=gold"})
		check.Same(t, shown(d, d.ContactID, "g-plan", "unknown"), []string{"g-plan=gold"})

		// A rename, labels and archiving change no record.
		got := d.Recorded(func() {
			check.Must(property.New(d.Store).Update(d.Admin, property.UpdatePropertyInput{
				PropertyID: plan.ID, Name: opt.Of("tariff"), Label: opt.Of("Tariff"), Options: opt.List(property.PropertyOptionInput{Value: "gold", Label: new("Gold")}),
			}))(t)
		})
		check.Same(t, len(got), 1)
		check.Same(t, shown(d, d.ContactID, "tariff"), []string{"tariff=Gold"})
		check.Refused(t, setOf(d, property.PropertyValueInput{Name: "tariff", Choice: opt.Of("free")}), errs.Invalid, "properties", "0", "choice")
		check.Must(property.New(d.Store).Archive(d.Admin, property.ArchivePropertyInput{PropertyID: plan.ID}))(t)
		check.Same(t, shown(d, d.ContactID), []string{"e-time=2026-01-05T10:00:00.001Z", "f-is=true"})
		check.Same(t, shown(d, d.ContactID, "tariff"), []string{"tariff=Gold"})
		check.Refused(t, setOf(d, property.PropertyValueInput{Name: "tariff", Choice: opt.Of("gold")}), errs.Invalid, "properties", "0", "name")
	})
}

// CR-11: what does not fit its property is refused at its field, and nothing is changed.
func TestBadValues(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		define(d, vocab.PropertyOfContact, "text", vocab.TextProperty)
		define(d, vocab.PropertyOfContact, "date", vocab.DateProperty)
		define(d, vocab.PropertyOfContact, "likes", vocab.ChoicesProperty, "tea")
		define(d, vocab.PropertyOfCompany, "of-company", vocab.TextProperty)
		fine := property.PropertyValueInput{Name: "text", Text: opt.Of("x")}
		for _, tc := range []struct {
			in    property.PropertyValueInput
			code  errs.Code
			field string
		}{
			{property.PropertyValueInput{Name: "no", Text: opt.Of("x")}, errs.NotFound, "name"},
			{property.PropertyValueInput{Name: "of-company", Text: opt.Of("x")}, errs.NotFound, "name"},
			{property.PropertyValueInput{Name: "text", Text: opt.Of("y")}, errs.Invalid, "name"},
			{property.PropertyValueInput{Name: "date"}, errs.Invalid, ""},
			{property.PropertyValueInput{Name: "date", Date: opt.Of("2026-02-30")}, errs.Invalid, "date"},
			{property.PropertyValueInput{Name: "date", Text: opt.Of("2026-02-01")}, errs.Invalid, "text"},
			{property.PropertyValueInput{Name: "date", Text: opt.Of("x"), Date: opt.Of("2026-02-01")}, errs.Invalid, ""},
			{property.PropertyValueInput{Name: "likes", Choices: opt.List("tea", "Tea")}, errs.Invalid, "choices"},
			{property.PropertyValueInput{Name: "likes", Choices: opt.List(strings.Split(strings.Repeat("tea ", 101), " ")...)}, errs.TooLong, "choices"},
		} {
			path := []string{"properties", "1", tc.field}
			if tc.field == "" {
				path = path[:2]
			}
			check.Refused(t, setOf(d, fine, tc.in), tc.code, path...)
		}
		check.Refused(t, setOf(d, property.PropertyValueInput{Name: "text", Text: opt.Of(strings.Repeat("x", 256))}), errs.TooLong, "properties", "0", "text")
		check.Refused(t, setOf(d, property.PropertyValueInput{Name: "te\x00xt", Text: opt.Of("x")}), errs.NotFound, "properties", "0", "name")
		check.Same(t, shown(d, d.ContactID, "te\x00xt", "\xff"), []string{})
		check.Refused(t, setOf(d, make([]property.PropertyValueInput, 201)...), errs.TooLong, "properties")
		check.Same(t, shown(d, d.ContactID), []string{})
	})
}

// CR-11: a property has a name of its own, keeps its kind, and never loses an option.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		s := property.New(d.Store)
		plan := define(d, vocab.PropertyOfTicket, "plan", vocab.ChoiceProperty, "free", "gold")
		define(d, vocab.PropertyOfDeal, "plan", vocab.TextProperty)
		for _, tc := range []struct {
			in    property.CreatePropertyInput
			code  errs.Code
			field []string
		}{
			{property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "plan", Kind: vocab.TextProperty}, errs.AlreadyExists, []string{"name"}},
			{property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "Plan B", Kind: vocab.TextProperty}, errs.Invalid, []string{"name"}},
			{property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "b", Kind: vocab.ChoiceProperty}, errs.Required, []string{"options"}},
			{property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "b", Kind: vocab.TextProperty, Options: []property.PropertyOptionInput{{Value: "x"}}}, errs.Invalid, []string{"options"}},
			{property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "b", Kind: vocab.ChoiceProperty, Options: []property.PropertyOptionInput{{Value: "x"}, {Value: " x"}}}, errs.Invalid, []string{"options", "1", "value"}},
			{property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "b", Kind: vocab.TextProperty, Label: new(strings.Repeat("x", 101))}, errs.TooLong, []string{"label"}},
		} {
			_, err := s.Create(d.Admin, tc.in)
			check.Refused(t, err, tc.code, tc.field...)
		}
		_, err := s.Create(d.Agent(0), property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "c", Kind: vocab.TextProperty})
		check.Refused(t, err, errs.Forbidden)

		changed := check.Must(s.Update(d.Admin, property.UpdatePropertyInput{PropertyID: plan.ID, Options: opt.List(property.PropertyOptionInput{Value: "silver"}, property.PropertyOptionInput{Value: "gold"})}))(t)
		check.Same(t, changed.Options, []vocab.PropertyOption{{Value: "silver", Label: "silver"}, {Value: "gold", Label: "gold"}, {Value: "free", Label: "free", Archived: true}})
		check.Same(t, d.Recorded(func() {
			check.Must(s.Update(d.Admin, property.UpdatePropertyInput{PropertyID: plan.ID, Label: opt.Of("plan")}))(t)
			check.Must(s.Unarchive(d.Admin, property.UnarchivePropertyInput{PropertyID: plan.ID}))(t)
		}), []string{})
		_, err = s.Update(d.Admin, property.UpdatePropertyInput{PropertyID: "property_0", Label: opt.Of("x")})
		check.Refused(t, err, errs.NotFound, "propertyId")

		for i := range property.MaxProperties - 1 {
			define(d, vocab.PropertyOfTicket, fmt.Sprintf("p%03d", i), vocab.TextProperty)
		}
		_, err = s.Create(d.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfTicket, Name: "more", Kind: vocab.TextProperty})
		check.Refused(t, err, errs.TooLong, "object")
		check.Must(s.Archive(d.Admin, property.ArchivePropertyInput{PropertyID: plan.ID}))(t)
		define(d, vocab.PropertyOfTicket, "more", vocab.TextProperty)
		_, err = s.Unarchive(d.Admin, property.UnarchivePropertyInput{PropertyID: plan.ID})
		check.Refused(t, err, errs.TooLong, "propertyId")

		page := check.Must(s.List(d.Agent(0), vocab.PropertyOfTicket, true, paging.PageArgs{First: new(2)}))(t)
		check.Same(t, []string{page.Edges[0].Node.Name, page.Edges[1].Node.Name}, []string{"more", "p000"})
		next := check.Must(s.List(d.Agent(0), vocab.PropertyOfTicket, true, paging.PageArgs{First: new(100), After: page.PageInfo.EndCursor}))(t)
		check.Same(t, next.Edges[0].Node.Name, "p001")
	})
}

// CR-11: a conversation's properties raise its revision, in an event of the
// conversation, and are gone with it.
func TestPropertiesOfConversations(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		define(d, vocab.PropertyOfConversation, "order", vocab.TextProperty)
		c := d.ConversationIDs[0]
		before := d.Row(c).Revision
		in := conversation.SetConversationPropertiesInput{Target: conversation.On(c), Properties: []property.PropertyValueInput{{Name: "order", Text: opt.Of("4711")}}}
		events := d.EventsOf(func() { check.Must(d.SetProperties(d.Agent(0), in))(t) })
		check.Same(t, len(events), 1)
		check.Same(t, events[0].Type, vocab.ConversationUpdated)
		check.Same(t, events[0].Changes[0].Field, "properties")
		check.Same(t, d.Row(c).Revision, before+1)
		check.Same(t, d.Recorded(func() { check.Must(d.SetProperties(d.Agent(0), in))(t) }), []string{})
		stale := in
		stale.ExpectedRevision = &before
		_, err := d.SetProperties(d.Agent(0), stale)
		check.Refused(t, err, errs.Conflict, "expectedRevision")
		_, err = d.SetProperties(d.Agent(0), conversation.SetConversationPropertiesInput{Target: conversation.On(c)})
		check.Refused(t, err, errs.Required, "properties")

		lists := check.Must(property.New(d.Store).Of(d.Agent(0), vocab.PropertyOfConversation, []string{d.ConversationIDs[1], c}, nil))(t)
		check.Same(t, []int{len(lists[0]), len(lists[1])}, []int{0, 1})
		d.MustDelete(c)
		check.Must(d.Purge(d.Admin, conversation.PurgeConversationInput{Target: conversation.On(c)}))(t)
		check.Same(t, check.Must(d.Store.Client(d.System).PropertyValue.Query().Count(d.System))(t), 0)
	})
}
