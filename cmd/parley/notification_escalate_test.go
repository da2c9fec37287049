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
		o.escalatesAgain(round, carlToken, before)
		o.usesTeam(set, team)
	})
}

// escalatesAgain has what no one may miss be escalated, and nothing else: new conversations, an
// answer that was taken back; not what was unread before the round, or is of people who are gone.
func (o *office) escalatesAgain(round func(), carlToken string, before chat) {
	o.t.Helper()
	had := o.escalates()
	fresh := o.site.chat("New")
	o.told(o.benToken, vocab.NotifyNewChat, fresh.conversationID)
	mail := o.site.chat("By e-mail")
	o.told(o.benToken, vocab.NotifyNewChat, mail.conversationID)
	if err := o.store.WithTx(o.system(), func(ctx context.Context, tx *storeTx) error {
		_, err := tx.Exec(ctx, "UPDATE notifications SET kind = 'NEW_EMAIL' WHERE account_id = $1 AND conversation_id = $2", o.account, mail.conversationID)
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
	o.longAgo(6 * time.Minute)
	round()
	o.told(carlToken, vocab.NotifyEscalated, fresh.conversationID)
	o.told(carlToken, vocab.NotifyEscalated, mail.conversationID)
	if got := o.escalates() - had; got != 2 {
		o.t.Errorf("of a new chat and a new e-mail %d are escalated", got)
	}

	undone := o.site.chat("Undone")
	o.assign(adminToken, undone.conversationID, o.ben)
	o.told(o.benToken, vocab.NotifyAssigned, undone.conversationID)
	o.say(carlToken, undone.conversationID, "It is on its way")
	o.settled(undone)
	messageID := text(o.do(adminToken, `query($id: ID!) { conversation(id: $id) { lastMessage { id } } }`, map[string]any{"id": undone.conversationID}), "conversation", "lastMessage", "id")
	o.record(o.account, func(ctx context.Context, tx *storeTx) error {
		if err := tx.Client.Message.UpdateOneID(messageID).SetDelivery(vocab.DeliveryFailed).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE conversations SET last_outgoing_number = 0, waiting_since = opened_at WHERE id = $1 AND account_id = $2", undone.conversationID, o.account)
		return err
	}, store.Event{Type: vocab.MessageDeliveryChanged, InboxID: o.site.inboxID, ConversationID: undone.conversationID, MessageID: messageID, Changes: became("delivery", "FAILED")})
	o.until("it is to be read again", func() bool {
		found, err := o.store.Strings(o.t.Context(), "SELECT conversation_id FROM escalations WHERE conversation_id = '"+undone.conversationID+"'")
		return err == nil && len(found) == 1
	})
	o.longAgo(6 * time.Minute)
	round()
	o.told(carlToken, vocab.NotifyEscalated, undone.conversationID)

	// Carl is mentioned in one that had something unread before, and reads it.
	had = o.escalates()
	o.note(o.benToken, before.conversationID, "@Carl, look", o.userOf(carlToken))
	o.told(carlToken, vocab.NotifyMention, before.conversationID)
	if got := o.codes(carlToken, "markConversationRead", "MarkConversationReadInput", "conversationId", before.conversationID); got != "" {
		o.t.Fatal(got)
	}
	gone := o.site.chat("Of someone who is gone")
	ghost, ghostToken := o.agent("Gil", o.site.inboxID)
	o.assign(adminToken, gone.conversationID, ghost)
	o.told(ghostToken, vocab.NotifyAssigned, gone.conversationID)
	if err := o.store.WithTx(o.system(), func(ctx context.Context, tx *storeTx) error {
		_, err := tx.Exec(ctx, "UPDATE users SET deactivated_at = $1 WHERE id = $2 AND account_id = $3", int64(tx.Now()), ghost, o.account)
		return err
	}); err != nil {
		o.t.Fatal(err)
	}
	o.until("he has read it", func() bool { return !has(o.notified(carlToken), vocab.NotifyMention, before.conversationID) })
	o.longAgo(6 * time.Minute)
	round()
	if got := o.escalates() - had; got != 0 {
		o.t.Errorf("%d are escalated of what was unread before, and of someone who is gone", got)
	}
}

// usesTeam keeps the team that an inbox escalates to, and takes none that is archived (IB-7).
func (o *office) usesTeam(set func(...any) string, team string) {
	o.t.Helper()
	if got := o.codes(adminToken, "deleteTeam", "DeleteTeamInput", "teamId", team); got != "IN_USE" {
		o.t.Errorf("to delete the team gives %q", got)
	}
	if got := o.codes(adminToken, "deleteTeam", "DeleteTeamInput", "teamId", team, "archive", true) + set("escalateToTeamId", nil); got != "" {
		o.t.Fatal(got)
	}
	if got := set("escalateToTeamId", team); got != "INVALID" {
		o.t.Errorf("an archived team gives %q", got)
	}
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
