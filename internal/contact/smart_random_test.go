package contact_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/ent/contactemail"
	"parley/ent/contactlistmember"
	entconversation "parley/ent/conversation"
	entevent "parley/ent/event"
	"parley/ent/pageview"
	"parley/ent/propertyvalue"
	enttag "parley/ent/tag"
	entvisitor "parley/ent/visitor"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/contact/smartlist"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

const siteA, siteB = "https://shop.example/a", "https://shop.example/b?x=1"

// draws is a world that is changed at random.
type draws struct {
	*world
	rt       *rapid.T
	contacts []*ent.Contact
	chats    []string
	visitors []string
	static   *ent.ContactList
	smart    []*ent.ContactList
	tags     []*ent.Tag
}

// criteria draws criteria; deeper ones have others below them.
func (d *draws) criteria(deep int) *criteria {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(d.rt, "pick") }
	if deep > 0 && rapid.Bool().Draw(d.rt, "nested") {
		below := func() []*criteria {
			list := make([]*criteria, 1+pick(3))
			for i := range list {
				list[i] = d.criteria(deep - 1)
			}
			return list
		}
		return []*criteria{{All: below()}, {Any: below()}, {Not: d.criteria(deep - 1)}}[pick(3)]
	}
	spans := []*smartlist.ContactListTimeRangeInput{{WithinDays: new(2)}, {MoreThanDaysAgo: new(3)}}
	times := []vocab.ContactTime{vocab.ContactTimeCreated, vocab.ContactTimeLastSeen, vocab.ContactTimeContacted}
	talk := &smartlist.ContactConversationConditionInput{}
	if rapid.Bool().Draw(d.rt, "inbox") {
		talk.InboxID = &d.InboxIDs[pick(2)]
	}
	if rapid.Bool().Draw(d.rt, "open") {
		talk.Status = new(vocab.Open)
	}
	if rapid.Bool().Draw(d.rt, "last") {
		talk.LastMessage = spans[pick(2)]
	}
	if rapid.Bool().Draw(d.rt, "tagged") {
		talk.Tags = []string{d.tags[pick(3)].ID, d.tags[pick(3)].Name}[:1+pick(2)]
	}
	ranges := []*smartlist.ContactListDateRangeInput{{WithinLastDays: new(2)}, {MoreThanDaysAgo: new(2)}, {WithinNextDays: new(1)}, {MoreThanDaysAhead: new(3)}}
	far := func(name string) *criteria {
		return &criteria{PropertyDate: &smartlist.ContactPropertyDateConditionInput{Name: name, Range: ranges[pick(4)]}}
	}
	all := []*criteria{
		far("renewal"), far("trial"), {Conversation: &smartlist.ContactConversationConditionInput{Tags: []string{strings.ToUpper(d.tags[pick(3)].Name)}}},
		{Countries: []string{"AT"}}, {Languages: []string{"de"}}, {LifecycleStages: []vocab.LifecycleStage{vocab.StageLead}},
		{OwnerIDs: []string{d.AdminID}}, {EmailDomains: []string{"one.example"}}, {Conversation: talk},
		{Property: &vocab.PropertyCondition{Name: "tier", AnyOf: []string{"gold"}}}, {Property: &vocab.PropertyCondition{Name: "tier", IsSet: new(false)}},
		{Time: &smartlist.ContactTimeConditionInput{Field: times[pick(3)], Range: spans[pick(2)]}},
		{Consent: &smartlist.ContactConsentConditionInput{Kind: vocab.ConsentCommunicate}},
		{PageView: &smartlist.ContactPageViewConditionInput{Operator: vocab.OpStartsWith, Value: "shop.example/a"}},
		{PageView: &smartlist.ContactPageViewConditionInput{Operator: vocab.OpIs, Value: "1", Parameter: new("x"), WithinDays: new(2)}},
		{ContactListID: &d.static.ID},
	}
	for _, l := range d.smart {
		all = append(all, &criteria{ContactListID: new(l.ID)})
	}
	return all[pick(len(all))]
}

// act changes something.
func (d *draws) act() {
	i := rapid.IntRange(0, len(d.contacts)-1).Draw(d.rt, "who")
	c, chat, visitor := d.contacts[i], d.chats[i], d.visitors[i]
	flip := rapid.Bool().Draw(d.rt, "flip")
	either := func(a, b string) *string {
		if flip {
			return &a
		}
		return &b
	}
	facts := func(f contact.ContactFacts) { d.change(c, f) }
	switch rapid.IntRange(0, 19).Draw(d.rt, "act") {
	case 0:
		facts(contact.ContactFacts{Country: opt.Of(*either("AT", "DE"))})
	case 1:
		facts(contact.ContactFacts{Language: opt.Of(*either("de-CH", "fr"))})
	case 2:
		facts(contact.ContactFacts{LifecycleStage: opt.Of(vocab.LifecycleStage(*either("LEAD", "CUSTOMER")))})
	case 3:
		facts(contact.ContactFacts{OwnerID: opt.Of(*either(d.AdminID, ""))})
	case 4:
		facts(contact.ContactFacts{Emails: opt.List(contact.ContactEmailInput{Email: fmt.Sprintf("c%s@%s.example", c.ID, *either("one", "two"))})})
	case 5:
		facts(contact.ContactFacts{Properties: opt.List(property.PropertyValueInput{Name: "tier", Text: opt.Of(*either("gold", ""))})})
	case 6:
		in := contact.AddContactsToListInput{ContactListID: d.static.ID, ContactIDs: []string{c.ID}}
		if flip {
			check.Must(d.AddToList(d.Admin, in))(d.t)
		} else {
			check.Must(d.RemoveFromList(d.Admin, contact.RemoveContactsFromListInput(in)))(d.t)
		}
	case 7:
		d.alterChat(chat, vocab.ConversationClosed, func(u *ent.ConversationUpdateOne) { u.SetStatus(vocab.ConversationStatus(*either("OPEN", "CLOSED"))) })
	case 8:
		d.alterChat(chat, vocab.MessageCreated, func(u *ent.ConversationUpdateOne) { u.SetLastMessageAt(d.Store.Now()) })
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.MessageCreated, InboxID: d.InboxIDs[0], ConversationID: chat})
			return tx.Client.Contact.UpdateOneID(c.ID).SetContactedAt(tx.Now()).Exec(ctx)
		})
	case 9:
		d.alterChat(chat, vocab.ConversationDeleted, func(u *ent.ConversationUpdateOne) {
			u.SetDeletedAt(map[bool]clock.Micros{true: d.Store.Now()}[flip])
		})
	case 10:
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			consentID := id.New(id.Consent)
			tx.Append(ctx, store.Event{Type: vocab.ConsentRecorded, InboxID: d.InboxIDs[0], SubjectID: consentID})
			return tx.Client.ConsentRecord.Create().SetID(consentID).SetInboxID(d.InboxIDs[0]).SetContactID(c.ID).SetKind(vocab.ConsentCommunicate).
				SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(tx.Now()).Exec(ctx)
		})
	case 11:
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			row, err := tx.Client.ConsentRecord.Query().Where(consentrecord.ContactID(c.ID), consentrecord.WithdrawnAt(0)).First(ctx)
			if ent.IsNotFound(err) {
				return nil
			}
			tx.Append(ctx, store.Event{Type: vocab.ConsentWithdrawn, InboxID: d.InboxIDs[0], SubjectID: row.ID})
			return tx.Client.ConsentRecord.UpdateOneID(row.ID).SetWithdrawnAt(tx.Now()).Exec(ctx)
		})
	case 12:
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			if err := contact.Touch(ctx, tx, c.ID); err != nil {
				return err
			}
			if err := contact.RecordSeen(ctx, tx, c.ID); err != nil {
				return err
			}
			return tx.Client.PageView.Create().SetID(id.New(id.PageView)).SetInboxID(d.InboxIDs[0]).SetVisitorID(visitor).
				SetURL(*either(siteA, siteB)).SetViewedAt(tx.Now()).Exec(ctx)
		})
	case 13:
		d.clock.Advance(time.Duration(rapid.IntRange(1, 48).Draw(d.rt, "hours")) * time.Hour)
	case 14:
		l := d.smart[rapid.IntRange(0, len(d.smart)-1).Draw(d.rt, "list")]
		smart := d.smart
		d.smart = smart[:slices.Index(smart, l)]
		check.Must(d.UpdateList(d.Admin, contact.UpdateContactListInput{ContactListID: l.ID, Criteria: opt.Of(*d.criteria(2))}))(d.t)
		d.smart = smart
	case 15:
		d.alterChat(chat, vocab.ConversationTagged, func(u *ent.ConversationUpdateOne) { u.SetTags(d.someTags()) })
	case 16:
		d.mergeTags(flip)
	case 17:
		day := d.Store.Now().Time().AddDate(0, 0, rapid.IntRange(-4, 5).Draw(d.rt, "day")).Format(time.DateOnly)
		facts(contact.ContactFacts{Properties: opt.List(property.PropertyValueInput{Name: "renewal", Date: opt.Of(*either(day, ""))})})
	case 18:
		at := clock.Of(d.Store.Now().Time().Add(time.Duration(rapid.IntRange(-96, 120).Draw(d.rt, "ends")) * time.Hour))
		facts(contact.ContactFacts{Properties: opt.List(property.PropertyValueInput{Name: "trial", Time: opt.Of(at)})})
	case 19:
		zone := opt.Of(*either("Pacific/Auckland", "America/Los_Angeles"))
		check.Must(account.New(d.Store).UpdateAccount(d.Admin, account.UpdateAccountInput{TimeZone: zone}))(d.t)
	}
}

// current are the tags that are not merged.
func (d *draws) current() []*ent.Tag {
	return check.Must(d.Store.Client(d.System).Tag.Query().Where(enttag.MergedInto("")).Order(enttag.ByID()).All(d.System))(d.t)
}

// someTags draws the ids of tags that a conversation may get, or none.
func (d *draws) someTags() []string {
	ids := []string{}
	for _, t := range d.current() {
		if rapid.Bool().Draw(d.rt, "has") {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// mergeTags makes one tag of two; the conversations that had it are rewritten, or are yet
// to be. One that is archived is no different.
func (d *draws) mergeTags(rewrite bool) {
	client, tags := d.Store.Client(d.System), tag.New(d.Store)
	check.Must(tags.ArchiveTag(d.Admin, tag.ArchiveTagInput{TagID: d.tags[0].ID}))(d.t)
	check.Must(tags.RestoreTag(d.Admin, tag.RestoreTagInput{TagID: d.tags[0].ID}))(d.t)
	now := d.current()
	if len(now) > 1 {
		i := rapid.IntRange(0, len(now)-1).Draw(d.rt, "into")
		check.Must(tags.MergeTags(d.Admin, tag.MergeTagsInput{TagIDs: []string{now[(i+1)%len(now)].ID}, IntoTagID: now[i].ID}))(d.t)
	}
	if !rewrite {
		return
	}
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		for _, c := range check.Must(client.Conversation.Query().All(ctx))(d.t) {
			ids := check.Must(tag.Current(ctx, tx, c.Tags))(d.t)
			if err := tx.Client.Conversation.UpdateOneID(c.ID).SetTags(ids).Exec(ctx); err != nil {
				return err
			}
		}
		return tag.SetRewritten(ctx, tx, check.Must(tag.Unwritten(ctx, tx.Client))(d.t))
	})
}

func (d *draws) alterChat(chat string, t vocab.EventType, change func(*ent.ConversationUpdateOne)) {
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		u := tx.Client.Conversation.UpdateOneID(chat)
		change(u)
		tx.Append(ctx, store.Event{Type: t, InboxID: d.InboxIDs[0], ConversationID: chat})
		return u.Exec(ctx)
	})
}

// CR-4: whatever contacts, conversations, consents, pages, lists and the clock do, each smart
// list has those who meet its criteria by what is stored, and the log says who entered and
// left: each in turns.
func TestSmartListsFollowEverything(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		rapid.Check(w.t, func(rt *rapid.T) {
			inner := *w
			inner.Fixture = testkit.Account(w.t, w.Store)
			inner.seen = 0
			d := &draws{world: &inner, rt: rt}
			d.populate()
			for range 3 {
				for range rapid.IntRange(1, 8).Draw(rt, "acts") {
					d.act()
				}
				d.follow()
				d.verify()
			}
		})
	})
}

func (d *draws) populate() {
	check.Must(property.New(d.Store).Create(d.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "tier", Kind: vocab.TextProperty}))(d.t)
	check.Must(property.New(d.Store).Create(d.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "renewal", Kind: vocab.DateProperty}))(d.t)
	check.Must(property.New(d.Store).Create(d.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "trial", Kind: vocab.TimeProperty}))(d.t)
	for _, name := range []string{"Gold", "Silver", "Risk"} {
		d.tags = append(d.tags, check.Must(tag.New(d.Store).CreateTag(d.Admin, tag.CreateTagInput{Name: name}))(d.t))
	}
	for i := range 3 {
		c := d.create(fmt.Sprint("C", i), "")
		d.contacts = append(d.contacts, c)
		d.chats = append(d.chats, d.ConversationIDs[i])
		d.visitors = append(d.visitors, d.VisitorIDs[i])
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Conversation.UpdateOneID(d.ConversationIDs[i]).SetContactID(c.ID).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.Visitor.UpdateOneID(d.VisitorIDs[i]).SetContactID(c.ID).Exec(ctx)
		})
	}
	d.static = check.Must(d.CreateList(d.Admin, contact.CreateContactListInput{Name: "Static"}))(d.t)
	for i := range 3 {
		d.smart = append(d.smart, d.world.smart(fmt.Sprint("Smart ", i), d.criteria(2)))
	}
	d.follow()
	d.verify()
}

func (d *draws) verify() {
	for _, l := range d.smart {
		l = check.Must(d.ListsByID(d.System, []string{l.ID}))(d.t)[0]
		in := check.Must(smartlist.Parse(l.Criteria))(d.t)
		var want []string
		for _, c := range d.contacts {
			fresh := check.Must(d.Store.Client(d.System).Contact.Get(d.System, c.ID))(d.t)
			if d.meets(fresh, in) {
				want = append(want, c.Name)
			}
		}
		if dora := check.Must(d.Store.Client(d.System).Contact.Get(d.System, d.ContactID))(d.t); d.meets(dora, in) {
			want = append(want, dora.Name)
		}
		slices.Sort(want)
		if got := d.on(l); got != fmt.Sprint(want) {
			d.rt.Fatalf("%s is on, want %v, by %s", got, want, l.Criteria)
		}
		if got := d.replay(l.ID); got != fmt.Sprint(want) {
			d.rt.Fatalf("the log says %s, want %v", got, want)
		}
	}
}

// replay is who is on a list by the log, in which entering and leaving take turns.
func (d *draws) replay(listID string) string {
	on := map[string]bool{}
	for _, e := range check.Must(d.Store.Client(d.System).Event.Query().Where(entevent.TypeIn(vocab.ListEntered, vocab.ListLeft)).
		Order(entevent.BySequence()).All(d.System))(d.t) {
		change := e.Changes[0]
		if change.To != nil && *change.To != listID || change.From != nil && *change.From != listID {
			continue
		}
		if entered := e.Type == vocab.ListEntered; on[e.SubjectID] == entered {
			d.rt.Fatalf("%s twice for %s", e.Type, e.SubjectID)
		} else {
			on[e.SubjectID] = entered
		}
	}
	var names []string
	for contactID, is := range on {
		if is {
			names = append(names, check.Must(d.Store.Client(d.System).Contact.Get(d.System, contactID))(d.t).Name)
		}
	}
	slices.Sort(names)
	return fmt.Sprint(names)
}

// meets evaluates criteria by hand.
func (d *draws) meets(c *ent.Contact, in *criteria) bool {
	client, now := d.Store.Client(d.System), d.Store.Now()
	isIn := func(at clock.Micros, r *smartlist.ContactListTimeRangeInput) bool {
		if r.WithinDays != nil {
			return at > 0 && now < at.Add(time.Duration(*r.WithinDays)*24*time.Hour)
		}
		return at > 0 && now >= at.Add(time.Duration(*r.MoreThanDaysAgo)*24*time.Hour)
	}
	switch {
	case in.All != nil:
		return !slices.ContainsFunc(in.All, func(one *criteria) bool { return !d.meets(c, one) })
	case in.Any != nil:
		return slices.ContainsFunc(in.Any, func(one *criteria) bool { return d.meets(c, one) })
	case in.Not != nil:
		return !d.meets(c, in.Not)
	case in.Countries != nil:
		return slices.Contains(in.Countries, c.Country)
	case in.Languages != nil:
		return strings.HasPrefix(c.Language, "de")
	case in.LifecycleStages != nil:
		return slices.Contains(in.LifecycleStages, c.LifecycleStage)
	case in.OwnerIDs != nil:
		return slices.Contains(in.OwnerIDs, c.OwnerID)
	case in.EmailDomains != nil:
		return check.Must(client.ContactEmail.Query().Where(contactemail.ContactID(c.ID), contactemail.AddressHasSuffix("@one.example")).Exist(d.System))(d.t)
	case in.Property != nil:
		return d.has(c, in.PropertyID) != nil == (in.Property.IsSet == nil)
	case in.PropertyDate != nil:
		return d.isFar(d.has(c, in.PropertyID), in.PropertyDate.Name == "renewal", in.PropertyDate.Range)
	case in.Time != nil:
		return isIn(map[vocab.ContactTime]clock.Micros{vocab.ContactTimeCreated: c.CreatedAt, vocab.ContactTimeLastSeen: c.LastSeenAt, vocab.ContactTimeContacted: c.ContactedAt}[in.Time.Field], in.Time.Range)
	case in.Consent != nil:
		return check.Must(client.ConsentRecord.Query().Where(consentrecord.ContactID(c.ID), consentrecord.WithdrawnAt(0)).Exist(d.System))(d.t)
	case in.ContactListID != nil:
		return check.Must(client.ContactListMember.Query().Where(contactlistmember.ListID(*in.ContactListID), contactlistmember.ContactID(c.ID)).Exist(d.System))(d.t)
	case in.PageView != nil:
		visitors := check.Must(client.Visitor.Query().Where(entvisitor.ContactID(c.ID)).IDs(d.System))(d.t)
		return slices.ContainsFunc(check.Must(client.PageView.Query().Where(pageview.VisitorIDIn(visitors...)).All(d.System))(d.t), func(p *ent.PageView) bool {
			if in.PageView.Parameter == nil {
				return p.URL == siteA
			}
			return p.URL == siteB && isIn(p.ViewedAt, &smartlist.ContactListTimeRangeInput{WithinDays: in.PageView.WithinDays})
		})
	}
	var last clock.Micros
	for _, one := range check.Must(client.Conversation.Query().Where(entconversation.ContactID(c.ID), entconversation.DeletedAt(0)).All(d.System))(d.t) {
		if (in.Conversation.InboxID == nil || one.InboxID == *in.Conversation.InboxID) && (in.Conversation.Status == nil || one.Status == *in.Conversation.Status) &&
			(in.Conversation.Tags == nil || d.haveOne(one.Tags, in.Conversation.Tags)) {
			last = max(last, one.LastMessageAt)
		}
	}
	return last > 0 && (in.Conversation.LastMessage == nil || isIn(last, in.Conversation.LastMessage))
}

// has is what a contact has of a property; nil: nothing.
func (d *draws) has(c *ent.Contact, propertyID string) *ent.PropertyValue {
	rows := check.Must(d.Store.Client(d.System).PropertyValue.Query().Where(propertyvalue.RecordID(c.ID), propertyvalue.PropertyID(propertyID)).All(d.System))(d.t)
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

// isFar counts days by the calendar, and hours by the clock.
func (d *draws) isFar(v *ent.PropertyValue, isDay bool, r *smartlist.ContactListDateRangeInput) bool {
	if v == nil {
		return false
	}
	now := d.Store.Now().Time()
	ahead := time.UnixMilli(int64(*v.NumberKey)).Sub(now)
	if isDay {
		zone := check.Must(time.LoadLocation(check.Must(d.Store.Client(d.System).Account.Get(d.System, d.AccountID))(d.t).TimeZone))(d.t)
		today := check.Must(time.Parse(time.DateOnly, now.In(zone).Format(time.DateOnly)))(d.t)
		ahead = check.Must(time.Parse(time.DateOnly, v.Text))(d.t).Sub(today)
	}
	n := func(days *int) time.Duration { return time.Duration(*days) * 24 * time.Hour }
	switch {
	case r.WithinLastDays != nil:
		return ahead <= 0 && (-ahead < n(r.WithinLastDays) || isDay && -ahead == n(r.WithinLastDays))
	case r.MoreThanDaysAgo != nil:
		return -ahead > n(r.MoreThanDaysAgo) || !isDay && -ahead == n(r.MoreThanDaysAgo)
	case r.WithinNextDays != nil:
		return (ahead > 0 || isDay && ahead == 0) && ahead <= n(r.WithinNextDays)
	}
	return ahead > n(r.MoreThanDaysAhead)
}

// haveOne reports whether tags of a conversation and of criteria have one in common, as they
// are merged by now.
func (d *draws) haveOne(a, b []string) bool {
	into := func(tagID string) string {
		if t := check.Must(d.Store.Client(d.System).Tag.Get(d.System, tagID))(d.t); t.MergedInto != "" {
			return t.MergedInto
		}
		return tagID
	}
	return slices.ContainsFunc(a, func(x string) bool { return slices.ContainsFunc(b, func(y string) bool { return into(x) == into(y) }) })
}
