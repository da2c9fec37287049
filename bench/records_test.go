package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"parley/ent"
	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/crm"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// smallRecords is the size that a larger one is held against.
const smallRecords = 10_000

// BenchmarkRecords measures pages of contacts and tickets (CR-1, CR-7) with 10,000 of each
// and with PARLEY_BENCH_RECORDS (20,000), and how many times as long the larger takes: a
// seek takes as long at any size. PARLEY_BENCH_DATABASE=postgres measures that.
func BenchmarkRecords(b *testing.B) {
	most, err := strconv.Atoi(cmp.Or(os.Getenv("PARLEY_BENCH_RECORDS"), "20000"))
	if err != nil {
		b.Fatal(err)
	}
	small, large := fillRecords(b, smallRecords), fillRecords(b, most)
	for _, l := range recordLists {
		b.Run(l.name, func(b *testing.B) {
			var took [2][]time.Duration
			for b.Loop() {
				for i, r := range []*records{small, large} {
					began := time.Now()
					if n := l.page(b, r); n == 0 {
						b.Fatal("the page is empty")
					}
					took[i] = append(took[i], time.Since(began))
				}
			}
			few, many := median(took[0]), median(took[1])
			b.ReportMetric(few.Seconds()*1000, fmt.Sprintf("ms/%d", smallRecords))
			b.ReportMetric(many.Seconds()*1000, fmt.Sprintf("ms/%d", most))
			b.ReportMetric(float64(many)/float64(few), "times")
		})
	}
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// records is an account with many contacts, each with a ticket.
type records struct {
	*testkit.Fixture
	contacts *contact.Service
	crm      *crm.Service
	n        int
	// middle is when the one in the middle of them was made.
	middle clock.Micros
}

var recordLists = []struct {
	name string
	page func(b *testing.B, r *records) int
}{
	{"contacts, newest", func(b *testing.B, r *records) int { return r.listContacts(b, contact.ContactFilter{}, "") }},
	{"contacts, from the middle", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{CreatedBefore: &r.middle}, "")
	}},
	{"contacts, by name", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{}, vocab.ContactsByName)
	}},
	{"contacts, last seen", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{}, vocab.ContactsLastSeen)
	}},
	{"contacts of an owner", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{OwnerIDs: r.AgentIDs[:1]}, "")
	}},
	{"contacts of an owner of three", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{OwnerIDs: r.AgentIDs[1:2]}, "")
	}},
	{"contacts of an owner of three, by name", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{OwnerIDs: r.AgentIDs[1:2]}, vocab.ContactsByName)
	}},
	{"contacts with an address", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{Emails: []string{"person0@example0.com"}}, "")
	}},
	{"contacts found by an address", func(b *testing.B, r *records) int {
		return r.listContacts(b, contact.ContactFilter{Query: new(fmt.Sprintf("person%d@", r.n/2))}, "")
	}},
	{"tickets, newest", func(b *testing.B, r *records) int { return r.listTickets(b, crm.TicketFilter{}, "") }},
	{"tickets, open", func(b *testing.B, r *records) int {
		return r.listTickets(b, crm.TicketFilter{StageKinds: []vocab.StageKind{vocab.StageOpen}}, "")
	}},
	{"tickets of an owner of three", func(b *testing.B, r *records) int {
		return r.listTickets(b, crm.TicketFilter{OwnerIDs: r.AgentIDs[1:2]}, "")
	}},
	{"tickets of an owner", func(b *testing.B, r *records) int {
		return r.listTickets(b, crm.TicketFilter{OwnerIDs: r.AgentIDs[:1], StageKinds: []vocab.StageKind{vocab.StageOpen}}, "")
	}},
}

func (r *records) listContacts(b *testing.B, f contact.ContactFilter, order vocab.ContactOrder) int {
	b.Helper()
	page, err := r.contacts.List(r.Admin, f, order, paging.PageArgs{})
	if err != nil {
		b.Fatal(err)
	}
	return len(page.Edges)
}

func (r *records) listTickets(b *testing.B, f crm.TicketFilter, order vocab.TicketOrder) int {
	b.Helper()
	page, err := r.crm.Tickets(r.Admin, f, order, paging.PageArgs{})
	if err != nil {
		b.Fatal(err)
	}
	return len(page.Edges)
}

// fillRecords makes n contacts and tickets. Each hundredth is the first agent's, and the oldest three
// are the second's.
func fillRecords(b *testing.B, n int) *records {
	b.Helper()
	db := testkit.Database{Name: "sqlite"}
	if os.Getenv("PARLEY_BENCH_DATABASE") == "postgres" {
		db = testkit.Postgres(b)
	}
	s := db.Open(b, clock.System{})
	r := &records{Fixture: testkit.Account(b, s), contacts: contact.New(s), crm: crm.New(s), n: n}
	client := s.Client(r.System)
	support, err := client.Pipeline.Query().Where(entpipeline.Name("Support")).Only(r.System)
	if err != nil {
		b.Fatal(err)
	}
	stages, err := client.PipelineStage.Query().Where(entstage.PipelineID(support.ID)).Order(entstage.ByPosition()).All(r.System)
	if err != nil {
		b.Fatal(err)
	}
	const batch = 500
	began := s.Now()
	for done := 0; done < n; done += batch {
		r.Write(r.System, func(ctx context.Context, tx *store.Tx) error {
			people, addresses, tickets := make([]*ent.ContactCreate, batch), make([]*ent.ContactEmailCreate, batch), make([]*ent.TicketCreate, batch)
			for i := range batch {
				at, contactID, owner := done+i, id.New(id.Contact), ""
				switch {
				case at < 3:
					owner = r.AgentIDs[1]
				case at%100 == 0:
					owner = r.AgentIDs[0]
				}
				made, address := began.Add(time.Duration(at)*time.Second), fmt.Sprintf("person%d@example%d.com", at, at%1000)
				people[i] = tx.Client.Contact.Create().SetID(contactID).SetName(fmt.Sprintf("Person %d", at*7919%n)).SetEmail(address).SetOwnerID(owner).
					SetLastSeenAt(made).SetCreatedAt(made)
				addresses[i] = tx.Client.ContactEmail.Create().SetID(id.New("email")).SetContactID(contactID).SetAddress(address)
				stage := stages[min(at%20, len(stages)-1)] // most are closed
				tickets[i] = tx.Client.Ticket.Create().SetID(id.New(id.Ticket)).SetNumber(at + 1000).SetSubject("It broke").SetPriority(vocab.PriorityNone).SetPipelineID(support.ID).SetStageID(stage.ID).
					SetStageKind(stage.Kind).SetOwnerID(owner).SetContactID(contactID).SetLastActivityAt(made).SetCreatedAt(made)
			}
			if err := tx.Client.Contact.CreateBulk(people...).Exec(ctx); err != nil {
				return err
			}
			if err := tx.Client.ContactEmail.CreateBulk(addresses...).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.Ticket.CreateBulk(tickets...).Exec(ctx)
		})
	}
	if s.Postgres() { // what autovacuum does
		r.Write(r.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "ANALYZE")
			return err
		})
	}
	r.middle = began.Add(time.Duration(n/2) * time.Second)
	return r
}
