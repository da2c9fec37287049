package contact_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/account"
	"parley/internal/contact"
	"parley/internal/contact/smartlist"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

type criteria = smartlist.ContactListCriteriaInput

// follow has lists follow what happened since the last time: events, jobs and the clock, in
// turns, until nothing is left.
func (w *world) follow() {
	w.t.Helper()
	handle := w.Consumers()[0]
	for {
		check.NoError(w.t, w.MoveDue(w.t.Context()))
		events := check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.SequenceGT(w.seen)).Order(entevent.BySequence()).All(w.System))(w.t)
		for _, e := range events {
			w.seen = e.Sequence
			if slices.Contains(handle.Types, e.Type) {
				check.NoError(w.t, handle.Handle(w.t.Context(), &event.Entry{Event: e}))
			}
		}
		jobs := w.jobs.TakenArgs()
		for _, args := range jobs {
			w.run(args)
		}
		if len(events)+len(jobs) == 0 {
			return
		}
	}
}

func (w *world) run(args any) {
	w.t.Helper()
	switch args := args.(type) {
	case contact.FillArgs:
		if err := w.Fill(w.t.Context(), args); err != nil && err.Error() != job.Again(0).Error() {
			w.t.Fatal(err)
		}
	case contact.CheckArgs:
		check.NoError(w.t, w.CheckLists(w.t.Context(), args))
	}
}

func (w *world) smart(name string, in *criteria) *ent.ContactList {
	w.t.Helper()
	return check.Must(w.CreateList(w.Admin, contact.CreateContactListInput{Name: name, Criteria: in}))(w.t)
}

// on are the names of who is on a list.
func (w *world) on(l *ent.ContactList) string {
	w.t.Helper()
	l = check.Must(w.ListsByID(w.Admin, []string{l.ID}))(w.t)[0]
	pages := check.Must(w.Members(w.Admin, []*ent.ContactList{l}, paging.PageArgs{First: new(100)}))(w.t)
	var names []string
	for _, c := range pages[0].Nodes() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	check.Same(w.t, check.Must(w.Sizes(w.Admin, []*ent.ContactList{l}))(w.t), []int{len(names)})
	return fmt.Sprint(names)
}

// state is a list's state and the messages of its problems.
func (w *world) state(l *ent.ContactList) string {
	w.t.Helper()
	l = check.Must(w.ListsByID(w.Admin, []string{l.ID}))(w.t)[0]
	smart := check.Must(w.Smart(w.Admin, []*ent.ContactList{l}))(w.t)[0]
	state := string(contact.StateOf(smart))
	for _, p := range smart.Problems {
		state += fmt.Sprint(" ", p.Path, " ", p.Message)
	}
	return state
}

func (w *world) change(c *ent.Contact, f contact.ContactFacts) {
	w.t.Helper()
	w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: f}))
}

// CR-4: contacts enter and leave a smart list when they change, when time passes and when
// the criteria change, and the log says so once.
func TestSmartLists(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ann, bob := w.create("Ann", "ann@one.example"), w.create("Bob", "bob@two.example")
		w.change(ann, contact.ContactFacts{Country: opt.Of("AT"), Language: opt.Of("de-AT")})
		l := w.smart("Austrians", &criteria{All: []*criteria{{Countries: []string{"at"}}, {Languages: []string{"de"}}}})
		check.Same(t, w.state(l), "FILLING")
		check.Same(t, w.on(l), "[]")
		w.follow()
		check.Same(t, w.state(l), "READY")
		check.Same(t, w.on(l), "[Ann]")
		w.change(bob, contact.ContactFacts{Country: opt.Of("AT"), Language: opt.Of("de")})
		w.change(ann, contact.ContactFacts{Country: opt.Of("DE")})
		w.follow()
		check.Same(t, w.on(l), "[Bob]")
		_, err := w.AddToList(w.Admin, contact.AddContactsToListInput{ContactListID: l.ID, ContactIDs: []string{ann.ID}})
		w.fails(err, errs.Invalid, "contactListId")
		_, err = w.RemoveFromList(w.Admin, contact.RemoveContactsFromListInput{ContactListID: l.ID, ContactIDs: []string{bob.ID}})
		w.fails(err, errs.Invalid, "contactListId")

		young := w.smart("New", &criteria{Time: &smartlist.ContactTimeConditionInput{Field: vocab.ContactTimeCreated, Range: &smartlist.ContactListTimeRangeInput{WithinDays: new(7)}}})
		old := w.smart("Not new", &criteria{All: []*criteria{{Not: &criteria{ContactListID: &young.ID}}, {EmailDomains: []string{"@One.example"}}}})
		w.follow()
		check.Same(t, []string{w.on(young), w.on(old)}, []string{"[Ann Bob Dora Contact]", "[]"})
		w.clock.Advance(8 * 24 * time.Hour)
		w.follow()
		check.Same(t, []string{w.on(young), w.on(old)}, []string{"[]", "[Ann]"})

		check.Must(w.UpdateList(w.Admin, contact.UpdateContactListInput{ContactListID: l.ID, Criteria: opt.Of(criteria{EmailDomains: []string{"one.example"}})}))(t)
		check.Same(t, w.state(l), "FILLING")
		w.follow()
		check.Same(t, w.on(l), "[Ann]")
		check.Same(t, w.moves(l), "+Ann +Bob -Ann +Ann -Bob")
	})
}

// moves are who entered and left a list, in the order of the log; a filling has no order.
func (w *world) moves(l *ent.ContactList) string {
	w.t.Helper()
	out := ""
	for _, e := range check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.TypeIn(vocab.ListEntered, vocab.ListLeft)).
		Order(entevent.BySequence()).All(w.System))(w.t) {
		c := w.must(w.By(w.Admin, contact.ContactKey{ID: &e.SubjectID}))
		switch change := e.Changes[0]; {
		case change.To != nil && *change.To == l.ID:
			out += " +" + c.Name
		case change.From != nil && *change.From == l.ID:
			out += " -" + c.Name
		}
	}
	if out == "" {
		return ""
	}
	return out[1:]
}

// CR-4: what criteria name is never lost silently: what is used cannot be deleted, and what
// was archived or deleted suspends the list, which keeps whom it had.
func TestSmartListProblems(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		properties := property.New(w.Store)
		tier := check.Must(properties.Create(w.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "tier", Kind: vocab.TextProperty}))(t)
		ann := w.create("Ann", "")
		gold := contact.ContactFacts{Properties: opt.List(property.PropertyValueInput{Name: "tier", Text: opt.Of("gold")})}
		w.change(ann, gold)
		l := w.smart("Gold", &criteria{Property: &vocab.PropertyCondition{Name: "tier", AnyOf: []string{"Gold"}}})
		w.follow()
		check.Same(t, w.on(l), "[Ann]")
		check.Must(properties.Update(w.Admin, property.UpdatePropertyInput{PropertyID: tier.ID, Name: opt.Of("level")}))(t)
		w.follow()
		check.Same(t, []string{w.state(l), w.on(l)}, []string{"READY", "[Ann]"})
		check.Must(properties.Archive(w.Admin, property.ArchivePropertyInput{PropertyID: tier.ID}))(t)
		w.change(ann, contact.ContactFacts{Country: opt.Of("AT")})
		w.follow()
		check.Same(t, []string{w.state(l), w.on(l)}, []string{`SUSPENDED [criteria property name] The property "level" is archived.`, "[Ann]"})
		_, err := w.CreateList(w.Admin, contact.CreateContactListInput{Name: "Other", Criteria: &criteria{Property: &vocab.PropertyCondition{Name: "level", IsSet: new(true)}}})
		w.fails(err, errs.Invalid, "criteria.property.name")
		check.Must(properties.Unarchive(w.Admin, property.UnarchivePropertyInput{PropertyID: tier.ID}))(t)
		w.follow()
		check.Same(t, []string{w.state(l), w.on(l)}, []string{"READY", "[Ann]"})

		chats := w.smart("Chats", &criteria{Conversation: &smartlist.ContactConversationConditionInput{InboxID: &w.InboxIDs[0]}})
		w.follow()
		check.Same(t, w.on(chats), "[Dora Contact]")
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.InboxDeleted, InboxID: w.InboxIDs[0], SubjectID: w.InboxIDs[0]})
			return tx.Client.Inbox.UpdateOneID(w.InboxIDs[0]).SetDeletedAt(tx.Now()).Exec(ctx)
		})
		w.follow()
		check.Same(t, []string{w.state(chats), w.on(chats)},
			[]string{fmt.Sprintf(`SUSPENDED [criteria conversation inboxId] There is no inbox %q.`, w.InboxIDs[0]), "[Dora Contact]"})

		static := check.Must(w.CreateList(w.Admin, contact.CreateContactListInput{Name: "Static"}))(t)
		w.smart("In it", &criteria{ContactListID: &static.ID})
		_, err = w.DeleteList(w.Admin, contact.DeleteContactListInput{ContactListID: static.ID})
		w.fails(err, errs.InUse, "contactListId")
		check.Must(w.DeleteList(w.Admin, contact.DeleteContactListInput{ContactListID: static.ID, Archive: new(true)}))(t)
		_, err = w.CreateList(w.Admin, contact.CreateContactListInput{Name: "Not in it", Criteria: &criteria{Not: &criteria{ContactListID: &static.ID}}})
		w.fails(err, errs.Invalid, "criteria.not.contactListId")
	})
}

// CR-4: criteria that say nothing, too much, or lead back to their list are refused, with
// the place.
func TestBadCriteria(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		deep := &criteria{Countries: []string{"AT"}}
		for range smartlist.MaxDepth {
			deep = &criteria{Not: deep}
		}
		gone := "list_01890000000070008000000000000000"
		stranger := testkit.Account(t, w.Store)
		foreign := check.Must(tag.New(w.Store).CreateTag(stranger.Admin, tag.CreateTagInput{Name: "Foreign"}))(t)
		check.Must(tag.New(w.Store).CreateTag(w.Admin, tag.CreateTagInput{Name: "Known"}))(t)
		check.Must(property.New(w.Store).Create(w.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "tier", Kind: vocab.TextProperty}))(t)
		for field, tc := range map[string]struct {
			in   *criteria
			code errs.Code
		}{
			"criteria":                                      {&criteria{}, errs.Invalid},
			"criteria.all":                                  {&criteria{All: []*criteria{}}, errs.Required},
			"criteria.any.1":                                {&criteria{Any: []*criteria{{Countries: []string{"AT"}}, {Countries: []string{"AT"}, Languages: []string{"de"}}}}, errs.Invalid},
			"criteria.countries.1":                          {&criteria{Countries: []string{"AT", "Austria"}}, errs.Invalid},
			"criteria.languages.0":                          {&criteria{Languages: []string{"?"}}, errs.Invalid},
			"criteria.emailDomains":                         {&criteria{EmailDomains: []string{}}, errs.Required},
			"criteria.emailDomains.0":                       {&criteria{EmailDomains: []string{"not a domain"}}, errs.Invalid},
			"criteria.ownerIds.0":                           {&criteria{OwnerIDs: []string{stranger.AdminID}}, errs.NotFound},
			"criteria.time.range":                           {&criteria{Time: &smartlist.ContactTimeConditionInput{Field: vocab.ContactTimeCreated}}, errs.Invalid},
			"criteria.time.range.withinDays":                {&criteria{Time: &smartlist.ContactTimeConditionInput{Field: vocab.ContactTimeCreated, Range: &smartlist.ContactListTimeRangeInput{WithinDays: new(0)}}}, errs.Invalid},
			"criteria.conversation.inboxId":                 {&criteria{Conversation: &smartlist.ContactConversationConditionInput{InboxID: &stranger.InboxIDs[0]}}, errs.NotFound},
			"criteria.conversation.tags":                    {talks(), errs.Required},
			"criteria.conversation.tags.1":                  {talks("Known", "Unknown"), errs.NotFound},
			"criteria.any.0.conversation.tags.0":            {&criteria{Any: []*criteria{talks(foreign.ID)}}, errs.NotFound},
			"criteria.not.conversation.tags.0":              {&criteria{Not: talks(strings.Repeat("x", 51))}, errs.TooLong},
			"criteria.not.conversation.tags":                {&criteria{Not: talks(make([]string, 101)...)}, errs.TooLong},
			"criteria.propertyDate.name":                    {far("unknown", smartlist.ContactListDateRangeInput{WithinNextDays: new(1)}), errs.NotFound},
			"criteria.not.propertyDate.name":                {&criteria{Not: far("tier", smartlist.ContactListDateRangeInput{WithinNextDays: new(1)})}, errs.Invalid},
			"criteria.propertyDate.range":                   {far("tier", smartlist.ContactListDateRangeInput{}), errs.Invalid},
			"criteria.not.propertyDate.range":               {&criteria{Not: far("tier", smartlist.ContactListDateRangeInput{WithinNextDays: new(1), MoreThanDaysAhead: new(2)})}, errs.Invalid},
			"criteria.propertyDate.range.moreThanDaysAhead": {far("tier", smartlist.ContactListDateRangeInput{MoreThanDaysAhead: new(3651)}), errs.Invalid},
			"criteria.property.name":                        {&criteria{Property: &vocab.PropertyCondition{Name: "x", IsSet: new(true)}}, errs.NotFound},
			"criteria.not.contactListId":                    {&criteria{Not: &criteria{ContactListID: &gone}}, errs.NotFound},
			"criteria.pageView.value":                       {&criteria{PageView: &smartlist.ContactPageViewConditionInput{Operator: vocab.OpIs, Value: " "}}, errs.Required},
			"criteria.pageView.operator":                    {&criteria{PageView: &smartlist.ContactPageViewConditionInput{Operator: vocab.OpContains, Value: "x", Parameter: new("p")}}, errs.Invalid},
			"criteria.consent.contactSubscriptionTypeId":    {&criteria{Consent: &smartlist.ContactConsentConditionInput{Kind: vocab.ConsentProcess, ContactSubscriptionTypeID: new("x")}}, errs.NotFound},
			"criteria.not.not.not.not.not":                  {deep, errs.TooLong},
		} {
			_, err := w.CreateList(w.Admin, contact.CreateContactListInput{Name: field, Criteria: tc.in})
			w.fails(err, tc.code, field)
		}
		a := w.smart("A", &criteria{Countries: []string{"AT"}})
		b := w.smart("B", &criteria{ContactListID: &a.ID})
		_, err := w.UpdateList(w.Admin, contact.UpdateContactListInput{ContactListID: a.ID, Criteria: opt.Of(criteria{Not: &criteria{ContactListID: &b.ID}})})
		w.fails(err, errs.Invalid, "criteria")
		static := check.Must(w.CreateList(w.Admin, contact.CreateContactListInput{Name: "Static"}))(t)
		_, err = w.UpdateList(w.Admin, contact.UpdateContactListInput{ContactListID: static.ID, Criteria: opt.Of(criteria{Countries: []string{"AT"}})})
		w.fails(err, errs.Invalid, "criteria")
		_, err = w.UpdateList(w.Admin, contact.UpdateContactListInput{ContactListID: a.ID, Criteria: opt.Null[criteria]()})
		w.fails(err, errs.Required, "criteria")
	})
}

// CR-4: a filling goes on where it stopped, and one that was begun for other criteria ends.
func TestFillingGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			rows := make([]*ent.ContactCreate, 600)
			for i := range rows {
				rows[i] = tx.Client.Contact.Create().SetID(testkit.OwnID(id.Contact, w.clock.Now())).SetName("Many").SetCountry("AT").SetCreatedAt(tx.Now())
			}
			return tx.Client.Contact.CreateBulk(rows...).Exec(ctx)
		})
		l := w.smart("All", &criteria{Countries: []string{"AT"}})
		first := w.jobs.TakenArgs()[0].(contact.FillArgs)
		check.Same(t, contact.FillSome(w.t.Context(), w.Service, first, 1), true)
		l = check.Must(w.ListsByID(w.Admin, []string{l.ID}))(t)[0]
		check.Same(t, []int{l.Filled, l.FillTotal}, []int{smartlist.MaxContacts, 601})
		check.Must(w.UpdateList(w.Admin, contact.UpdateContactListInput{ContactListID: l.ID, Criteria: opt.Of(criteria{Not: &criteria{Countries: []string{"AT"}}})}))(t)
		w.run(first)
		w.follow()
		check.Same(t, w.on(l), "[Dora Contact]")
	})
}

// talks are criteria on the tags of conversations.
func talks(tags ...string) *criteria {
	if tags == nil {
		tags = []string{}
	}
	return &criteria{Conversation: &smartlist.ContactConversationConditionInput{Tags: tags}}
}

// far are criteria on how far from now a property is.
func far(name string, r smartlist.ContactListDateRangeInput) *criteria {
	return &criteria{PropertyDate: &smartlist.ContactPropertyDateConditionInput{Name: name, Range: &r}}
}

// CR-4, IN-31: a contact with a conversation that gets a tag enters the list of the tag,
// in the inbox that is asked for. What is renamed or archived moves no one; what is merged
// counts as the tag that it became, before and after conversations are rewritten.
func TestSmartListsOfTags(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		tags := tag.New(w.Store)
		gold := check.Must(tags.CreateTag(w.Admin, tag.CreateTagInput{Name: "Gold"}))(t)
		vip := check.Must(tags.CreateTag(w.Admin, tag.CreateTagInput{Name: "VIP"}))(t)
		anywhere, here := w.smart("Gold", talks("gOLD", gold.ID)), talks("VIP")
		here.Conversation.InboxID = &w.InboxIDs[1]
		there := w.smart("VIP there", here)
		w.follow()
		check.Same(t, check.Must(smartlist.Parse(anywhere.Criteria))(t).Conversation.Tags, []string{gold.ID, gold.ID})
		chats := conversation.New(w.Store, conversation.Deps{})
		put := func(tagName string) {
			check.Must(chats.Tag(w.Admin, conversation.TagConversationInput{Target: conversation.Target{ConversationID: w.ConversationIDs[0]}, Tags: []string{tagName}}))(t)
			w.follow()
		}
		put("VIP")
		check.Same(t, []string{w.on(anywhere), w.on(there)}, []string{"[]", "[]"})
		put("Gold")
		check.Same(t, w.on(anywhere), "[Dora Contact]")
		check.Must(tags.ArchiveTag(w.Admin, tag.ArchiveTagInput{TagID: gold.ID}))(t)
		check.Must(tags.UpdateTag(w.Admin, tag.UpdateTagInput{TagID: gold.ID, Name: opt.Of("Golden")}))(t)
		w.follow()
		check.Same(t, []string{w.on(anywhere), w.state(anywhere)}, []string{"[Dora Contact]", "READY"})
		check.Must(chats.Untag(w.Admin, conversation.UntagConversationInput{Target: conversation.Target{ConversationID: w.ConversationIDs[0]}, Tags: []string{"Golden"}}))(t)
		w.follow()
		check.Same(t, w.on(anywhere), "[]")
		check.Must(tags.MergeTags(w.Admin, tag.MergeTagsInput{TagIDs: []string{gold.ID}, IntoTagID: vip.ID}))(t)
		w.follow()
		check.Same(t, []string{w.on(anywhere), w.on(there)}, []string{"[Dora Contact]", "[]"})
		shown := check.Must(w.Smart(w.Admin, check.Must(w.ListsByID(w.Admin, []string{anywhere.ID}))(t)))(t)[0]
		check.Same(t, shown.Criteria.Conversation.Tags, []string{vip.ID, vip.ID})
		check.Same(t, w.moves(anywhere), "+Dora Contact -Dora Contact +Dora Contact")
	})
}

// CR-4: a day of a contact's comes nearer and passes, and the contact is moved by it: at
// midnight in the account's time zone, which another zone moves too. An archived property
// suspends the list.
func TestSmartListsOfDates(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		defined := check.Must(property.New(w.Store).Create(w.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "renewal", Kind: vocab.DateProperty}))(t)
		ann, _ := w.create("Ann", "ann@one.example"), w.create("Bob", "bob@two.example")
		w.change(ann, contact.ContactFacts{Properties: opt.List(property.PropertyValueInput{Name: "renewal", Date: opt.Of("2026-04-10")})})
		var lists []*ent.ContactList
		for i, r := range []smartlist.ContactListDateRangeInput{{MoreThanDaysAhead: new(30)}, {WithinNextDays: new(30)}, {WithinLastDays: new(90)}, {MoreThanDaysAgo: new(90)}} {
			lists = append(lists, w.smart(fmt.Sprint(i), far("renewal", r)))
		}
		zone := func(name string) {
			check.Must(account.New(w.Store).UpdateAccount(w.Admin, account.UpdateAccountInput{TimeZone: opt.Of(name)}))(t)
		}
		zone("Europe/Vienna")
		are := func(at string, want ...bool) {
			t.Helper()
			w.clock.Advance(check.Must(time.Parse(time.RFC3339, at))(t).Sub(w.clock.Now()))
			w.follow()
			for i, is := range want {
				check.Same(t, w.on(lists[i]), map[bool]string{true: "[Ann]", false: "[]"}[is])
			}
		}
		are("2026-03-10T22:59:59Z", true, false, false, false)
		are("2026-03-10T23:00:00Z", false, true, false, false)
		are("2026-04-09T21:59:59Z", false, true, false, false)
		are("2026-04-09T22:00:00Z", false, true, true, false)
		zone("America/New_York")
		are("2026-04-10T03:59:59Z", false, true, false, false)
		are("2026-04-10T04:00:00Z", false, true, true, false)
		are("2026-04-11T04:00:00Z", false, false, true, false)
		are("2026-07-10T03:59:59Z", false, false, true, false)
		are("2026-07-10T04:00:00Z", false, false, false, true)
		check.Must(property.New(w.Store).Archive(w.Admin, property.ArchivePropertyInput{PropertyID: defined.ID}))(t)
		w.follow()
		check.Same(t, w.state(lists[3]), `SUSPENDED [criteria propertyDate name] The property "renewal" is archived.`)
		check.Same(t, w.on(lists[3]), "[Ann]")
	})
}

var pageOf100 = paging.PageArgs{First: new(100)}
