package crm_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// CR-2, CR-7, EM-3, EM-8: a conversation gets one ticket with what the preset says, told
// once; asked again, the same one is returned.
func TestCreateFromPreset(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		f := testkit.Account(t, db.Open(t, clock.System{}))
		preset := &vocab.TicketPreset{
			Pipeline: "Support", Stage: "New", Priority: vocab.PriorityHigh,
			Properties: []vocab.TicketProperty{{Name: "source", Value: "mail"}},
		}
		var first, again *ent.Ticket
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			c, err := tx.Client.Conversation.Get(ctx, f.ConversationIDs[0])
			if err != nil {
				return err
			}
			if first, err = crm.CreateFromPreset(ctx, tx, c, "It broke", preset); err != nil {
				return err
			}
			again, err = crm.CreateFromPreset(ctx, tx, c, "It broke again", &vocab.TicketPreset{Pipeline: "Other"})
			return err
		})
		if first.ID != again.ID || again.Subject != "It broke" || again.ContactID != f.ContactID || again.Priority != vocab.PriorityHigh {
			t.Errorf("got %v, then %v", first, again)
		}
		events, err := f.Store.Client(f.System).Event.Query().All(f.System)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events (%v)", len(events), err)
		}
		got := []string{string(events[0].Type), events[0].InboxID, events[0].ConversationID, events[0].SubjectID}
		if diff := cmp.Diff([]string{"TICKET_CREATED", f.InboxIDs[0], f.ConversationIDs[0], first.ID}, got); diff != "" {
			t.Error(diff)
		}

		lists, err := crm.New(f.Store).Tickets(f.Agent(0), []*ent.Conversation{{ID: f.ConversationIDs[1]}, {ID: f.ConversationIDs[0]}}, paging.PageArgs{})
		if err != nil || len(lists) != 2 || len(lists[0].Edges) != 0 || len(lists[1].Edges) != 1 || lists[1].Nodes()[0].Properties[0].Value != "mail" {
			t.Errorf("got %v (%v)", lists, err)
		}
	})
}

// EM-3: a preset's texts are one line of limited length; each fault is told.
func TestCleanPreset(t *testing.T) {
	t.Parallel()
	good := vocab.TicketPreset{Pipeline: " Support  desk ", Stage: "New", Properties: []vocab.TicketProperty{{Name: "a", Value: ""}}}
	clean, err := crm.CleanPreset(good, "ticket")
	if err != nil || clean.Pipeline != "Support desk" || clean.Priority != vocab.PriorityNone || len(clean.Properties) != 1 {
		t.Errorf("got %+v (%v)", clean, err)
	}
	bad := vocab.TicketPreset{Pipeline: " ", Stage: strings.Repeat("x", 101), Priority: "SOON", Properties: []vocab.TicketProperty{
		{Name: "a", Value: strings.Repeat("x", 1001)}, {Name: "a"}, {Name: ""},
	}}
	_, err = crm.CleanPreset(bad, "ticket")
	want := []string{
		"INVALID ticket.priority", "INVALID ticket.properties.1.name", "REQUIRED ticket.pipeline", "REQUIRED ticket.properties.2.name",
		"TOO_LONG ticket.properties.0.value", "TOO_LONG ticket.stage",
	}
	if diff := cmp.Diff(want, check.Faults(err)); diff != "" {
		t.Error(diff)
	}
	_, err = crm.CleanPreset(vocab.TicketPreset{Pipeline: "p", Stage: "s", Properties: make([]vocab.TicketProperty, 51)}, "ticket")
	if diff := cmp.Diff([]string{"TOO_LONG ticket.properties"}, check.Faults(err)); diff != "" {
		t.Error(diff)
	}
}
