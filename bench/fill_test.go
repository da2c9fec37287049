package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/contact/smartlist"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// BenchmarkFillList measures the first filling of a smart list (CR-4): how many contacts a
// second are compared with criteria of five conditions, which every other one meets.
// PARLEY_BENCH_CONTACTS says of how many contacts; the budget is 1,000,000 in ten minutes.
func BenchmarkFillList(b *testing.B) {
	contacts := 20_000
	if n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_CONTACTS")); err == nil {
		contacts = n
	}
	db := testkit.Database{Name: "sqlite"}
	if os.Getenv("PARLEY_BENCH_DATABASE") == "postgres" {
		db = testkit.Postgres(b)
	}
	s := db.Open(b, clock.System{})
	jobs := &check.Jobs{}
	s.UseJobs(jobs)
	f, lists := testkit.Account(b, s), contact.New(s)
	for done := 0; done < contacts; done += 500 {
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			rows := make([]*ent.ContactCreate, 500)
			for i := range rows {
				rows[i] = tx.Client.Contact.Create().SetID(id.New(id.Contact)).SetName("Contact").SetCountry([]string{"AT", "DE"}[i%2]).SetLanguage("de").
					SetLastSeenAt(tx.Now()).SetCreatedAt(tx.Now())
			}
			return tx.Client.Contact.CreateBulk(rows...).Exec(ctx)
		})
	}
	criteria := &smartlist.ContactListCriteriaInput{All: []*smartlist.ContactListCriteriaInput{
		{Countries: []string{"AT"}},
		{Languages: []string{"de"}},
		{Time: &smartlist.ContactTimeConditionInput{Field: vocab.ContactTimeLastSeen, Range: &smartlist.ContactListTimeRangeInput{WithinDays: new(30)}}},
		{Not: &smartlist.ContactListCriteriaInput{Conversation: &smartlist.ContactConversationConditionInput{Status: new(vocab.Open)}}},
		{Not: &smartlist.ContactListCriteriaInput{EmailDomains: []string{"example.com"}}},
	}}
	for b.Loop() {
		if _, err := lists.CreateList(f.Admin, contact.CreateContactListInput{Name: id.New(id.ContactList), Criteria: criteria}); err != nil {
			b.Fatal(err)
		}
		args := jobs.TakenArgs()[0].(contact.FillArgs)
		began := time.Now()
		for {
			err := lists.Fill(b.Context(), args)
			if err == nil {
				break
			}
			if again := (*river.JobSnoozeError)(nil); !errors.As(err, &again) {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(contacts)/time.Since(began).Seconds(), "contacts/s")
	}
}
