package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	accounts "parley/internal/account"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/notification"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// storeTx is a transaction of the store.
type storeTx = store.Tx

// system is a context of the office's account.
func (o *office) system() context.Context {
	return viewer.NewContext(o.t.Context(), viewer.System("test", o.account))
}

// escalates counts what was escalated.
func (o *office) escalates() int {
	o.t.Helper()
	found, err := o.store.Strings(o.t.Context(), "SELECT id FROM events WHERE type = 'CONVERSATION_ESCALATED'")
	if err != nil {
		o.t.Fatal(err)
	}
	return len(found)
}

// NT-1: what is not read within its inbox's time, and not answered, is escalated, once until it
// is answered; to the admins who are members, or to a team of the inbox.
func TestEscalation(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		keys, err := secret.Parse(secret.GenerateKey())
		if err != nil {
			t.Fatal(err)
		}
		jobs := notification.New(a.store, keys, accounts.New(a.store), nil, notification.Addresses{Public: a.url}, slog.New(slog.DiscardHandler))
		set := func(pairs ...any) string {
			t.Helper()
			return a.codes(adminToken, "updateInboxSettings", "UpdateInboxSettingsInput", append([]any{"inboxId", o.site.inboxID}, pairs...)...)
		}
		round := func() {
			t.Helper()
			if err := jobs.Escalate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		carlID, carlToken := a.agent("Carl", o.site.inboxID)
		team := text(a.do(adminToken, `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { message } } }`, input("name", "Leads", "userIds", []string{carlID})), "createTeam", "team", "id")
		for _, wrong := range []struct {
			field string
			value any
			code  string
		}{{"escalateAfter", 0, "INVALID"}, {"escalateAfter", 10_081, "INVALID"}, {"escalateToTeamId", team, "INVALID"}, {"escalateToTeamId", id.New(id.Team), "NOT_FOUND"}, {"answersByMail", nil, "REQUIRED"}} {
			if got := set(wrong.field, wrong.value); got != wrong.code {
				t.Errorf("%s %v: %q, want %s", wrong.field, wrong.value, got, wrong.code)
			}
		}
		before := o.site.chat("Before it is on")
		a.assign(adminToken, before.conversationID, o.ben)
		o.told(o.benToken, vocab.NotifyAssigned, before.conversationID)
		if got := set("escalateAfter", 5); got != "" {
			t.Fatal(got)
		}
		c := o.site.chat("Where is my parcel?")
		a.assign(adminToken, c.conversationID, o.ben)
		o.told(o.benToken, vocab.NotifyAssigned, c.conversationID)
		round()
		o.longAgo(4 * time.Minute)
		round()
		if got := o.escalates(); got != 0 {
			t.Fatalf("after four minutes %d are escalated", got)
		}
		o.longAgo(2 * time.Minute)
		round()
		o.told(adminToken, vocab.NotifyEscalated, c.conversationID)
		a.writes(c, "Hello?") // once until it is answered
		o.told(o.benToken, vocab.NotifyReply, c.conversationID)
		o.longAgo(10 * time.Minute)
		round()
		if got := o.escalates(); got != 1 {
			t.Errorf("%d escalations, want the one", got)
		}

		// After an answer it may be again, to the team now.
		a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", o.site.inboxID, "addTeamIds", []string{team}))
		if got := set("escalateToTeamId", team); got != "" {
			t.Fatal(got)
		}
		shown := at(a.do(adminToken, `query($id: ID!) { inbox(id: $id) { settings { escalateAfter escalateTo { id } answersByMail } } }`, map[string]any{"id": o.site.inboxID}), "inbox", "settings")
		if at(shown, "escalateAfter") != 5.0 || text(shown, "escalateTo", "id") != team || at(shown, "answersByMail") != false {
			t.Errorf("the settings are %v", shown)
		}
		a.say(o.benToken, c.conversationID, "It is on its way")
		o.settled(c)
		a.writes(c, "Thanks, and when?")
		o.told(o.benToken, vocab.NotifyReply, c.conversationID)
		o.longAgo(6 * time.Minute)
		round()
		o.told(carlToken, vocab.NotifyEscalated, c.conversationID)
		if got := o.escalates(); got != 2 {
			t.Errorf("%d escalations, want two", got)
		}

		// What is read, or closed, is not.
		read, closed := o.site.chat("Read"), o.site.chat("Closed")
		for _, one := range []chat{read, closed} {
			a.assign(adminToken, one.conversationID, o.ben)
			o.told(o.benToken, vocab.NotifyAssigned, one.conversationID)
		}
		if got := a.codes(o.benToken, "markConversationRead", "MarkConversationReadInput", "conversationId", read.conversationID) +
			a.codes(adminToken, "closeConversation", "CloseConversationInput", "conversationId", closed.conversationID); got != "" {
			t.Fatal(got)
		}
		a.until("he has read it", func() bool { return !has(o.notified(o.benToken), vocab.NotifyAssigned, read.conversationID) })
		o.settled(closed)
		o.longAgo(6 * time.Minute)
		round()
		if got := o.escalates(); got != 2 {
			t.Errorf("%d escalations, want two: one was read, one closed, and one came before it was on", got)
		}
	})
}

// settled waits until nothing of a chat is to be read in time.
func (o *office) settled(c chat) {
	o.t.Helper()
	o.until("its answer is handled", func() bool {
		found, err := o.store.Strings(o.t.Context(), "SELECT conversation_id FROM escalations WHERE conversation_id = '"+c.conversationID+"'")
		if err != nil {
			o.t.Fatal(err)
		}
		return len(found) == 0
	})
}
