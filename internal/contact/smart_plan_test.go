package contact_test

import (
	"regexp"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/contact/smartlist"
	"parley/internal/property"
	"parley/internal/tag"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

var (
	scanned   = regexp.MustCompile(`SCAN (contacts|conversations|tags|properties|accounts|visitors|page_views|consents|contact_emails|contact_list_members|contact_list_timers|contact_merges|property_values)\b`)
	numbered  = regexp.MustCompile(`\$\d+`)
	explained = regexp.MustCompile(`^(SELECT|UPDATE|DELETE)`)
)

// Pitfall 12, CR-4, CR-6: comparing a contact with smart lists, moving whom time moves, and
// merging go by indexes, whatever the criteria ask for.
func TestSmartListPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked, jobs := &testkit.Statements{}, &check.Jobs{}
		s := db.Open(t, clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), asked.Trace)
		s.UseJobs(jobs)
		f := testkit.Account(t, s)
		contacts := contact.New(s)
		check.Must(property.New(s).Create(f.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "tier", Kind: vocab.TextProperty}))(t)
		check.Must(property.New(s).Create(f.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "renewal", Kind: vocab.DateProperty}))(t)
		check.Must(tag.New(s).CreateTag(f.Admin, tag.CreateTagInput{Name: "Gold"}))(t)
		static := check.Must(contacts.CreateList(f.Admin, contact.CreateContactListInput{Name: "Static"}))(t)
		check.Must(contacts.CreateList(f.Admin, contact.CreateContactListInput{Name: "Smart", Criteria: &criteria{Any: []*criteria{
			{Property: &vocab.PropertyCondition{Name: "tier", AnyOf: []string{"gold"}}}, {Languages: []string{"de"}}, {Countries: []string{"AT"}},
			{EmailDomains: []string{"one.example"}}, {ContactListID: &static.ID},
			{Time: &smartlist.ContactTimeConditionInput{Field: vocab.ContactTimeCreated, Range: &smartlist.ContactListTimeRangeInput{WithinDays: new(7)}}},
			{Conversation: &smartlist.ContactConversationConditionInput{Status: new(vocab.Open)}},
			{Conversation: &smartlist.ContactConversationConditionInput{Tags: []string{"Gold"}, InboxID: &f.InboxIDs[0]}},
			{PropertyDate: &smartlist.ContactPropertyDateConditionInput{Name: "renewal", Range: &smartlist.ContactListDateRangeInput{WithinNextDays: new(30)}}},
			{Consent: &smartlist.ContactConsentConditionInput{Kind: vocab.ConsentCommunicate}},
			{PageView: &smartlist.ContactPageViewConditionInput{Operator: vocab.OpIs, Value: "/a"}},
		}}}))(t)
		other := check.Must(contacts.Create(f.Admin, contact.CreateContactInput{Name: new("Ann")}))(t)
		for name, run := range map[string]func(){
			"check": func() {
				check.NoError(t, contacts.CheckLists(t.Context(), contact.CheckArgs{AccountID: f.AccountID, ContactID: f.ContactID}))
			},
			"fill": func() {
				for _, args := range jobs.TakenArgs() {
					if args, ok := args.(contact.FillArgs); ok {
						check.NoError(t, contacts.Fill(t.Context(), args))
					}
				}
			},
			"due": func() { check.NoError(t, contacts.MoveDue(t.Context())) },
			"merge": func() {
				check.Must(contacts.Merge(f.Admin, contact.MergeContactsInput{IntoContactID: f.ContactID, ContactIDs: []string{other.ID}}))(t)
			},
		} {
			statements := asked.Of(run)
			for _, query := range statements {
				if query = numbered.ReplaceAllString(query, "?"); !explained.MatchString(query) {
					continue
				}
				if plan := planOf(t, s, f, query); scanned.MatchString(plan) {
					t.Errorf("%s: %s\n%s", name, query, plan)
				}
			}
			if len(statements) == 0 {
				t.Errorf("%s asked nothing", name)
			}
		}
	})
}
