package receive_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/internal/channel/email/receive"
	"parley/internal/conversation"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// order is a mail with a fixed id; the fields and the body come from the test.
func order(fields, body string) string {
	return mailroom.CRLF("From: Dora <dora@example.net>\nTo: support@shop.example\n" + fields + "\n\n" + body + "\n")
}

const dated = "Message-ID: <fixed@example.net>\nDate: Mon, 5 Jan 2026 09:00:00 +0000\n"

// passed are results of the server that is trusted here.
const passed = "Authentication-Results: mx.shop.example; dmarc=pass header.from=example.net\n"

// kept is how many repeats each message shows.
func (w *world) kept(rows ...*ent.InboundMail) []int {
	w.T.Helper()
	var messages []*ent.Message
	for _, r := range rows {
		messages = append(messages, w.Message(r.MessageID))
	}
	var counts []int
	for _, page := range check.Must(w.Receive.Repeats(w.Agent(1), messages, paging.PageArgs{}))(w.T) {
		counts = append(counts, len(page.Edges))
	}
	return counts
}

// EM-5: mails with the same identity are one if they say the same; otherwise none is lost.
func TestRepeatedOrNew(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		long := strings.Repeat("We ordered ten lamps of the kind that you showed us. ", 5)
		for name, c := range map[string]struct {
			first, second string
			repeated      bool
		}{
			"the same":                {order(dated+"Subject: Lamp", "It is broken."), order("Received: by other.example\n"+dated+"Subject: Lamp", "It is broken."), true},
			"a list's tag and footer": {order(dated+"Subject: Lamp", "It is broken."), order(dated+"Subject: [users] Lamp", "It is broken.\n\n-- \nUsers mailing list\nhttps://list.example/users and more words"), true},
			"a list's ruled footer":   {order(dated+"Subject: Lamp", "It is broken."), order(dated+"Subject: [users] Lamp", "It is broken.\n_______________________________________________\nUsers mailing list\nusers@list.example"), true},
			"other white space":       {order(dated+"Subject: Lamp", "It is\nbroken."), order(dated+"Subject: Lamp", "It  is broken.\n\n\n"), true},
			"one word of many":        {order(dated+"Subject: Lamp", long+"Pay one"), order(dated+"Subject: Lamp", long+"Pay two"), true},
			"other words":             {order(dated+"Subject: Lamp", "It is broken."), order(dated+"Subject: Lamp", "Pay to this account."), false},
			"another subject":         {order(dated+"Subject: Order 17", "It is broken."), order(dated+"Subject: Invoice 18", "It is broken."), false},
			"other Chinese words":     {order(dated+"Subject: Lamp", "灯坏了，请换一个"), order(dated+"Subject: Lamp", "请付款到这个账户"), false},
			"authenticated now":       {order(dated+"Subject: Lamp", "It is broken."), order(passed+dated+"Subject: Lamp", "It is broken."), false},
			"forged now":              {order(passed+dated+"Subject: Lamp", "It is broken."), order("Authentication-Results: mx.shop.example; dmarc=fail\n"+dated+"Subject: Lamp", "It is broken."), false},
			"a stranger's results":    {order(dated+"Subject: Lamp", "It is broken."), order("Authentication-Results: evil.example; dmarc=pass\n"+dated+"Subject: Lamp", "It is broken."), true},
			"a fixed id, no date":     {order("Message-ID: <fixed@example.net>\nSubject: Lamp", "Order 17"), order("Message-ID: <fixed@example.net>\nSubject: Lamp", "Order 18"), false},
			"a fixed id, no date 2":   {order("Message-ID: <fixed@example.net>\nSubject: Lamp", "Order 17"), order("Received: by x\nMessage-ID: <fixed@example.net>\nSubject: Lamp", "Order 17"), true},
			"ids without an @":        {order("Message-ID: 4711\nDate: Mon, 5 Jan 2026 09:00:00 +0000\nSubject: Lamp", "Same"), order("Message-ID: 4712\nDate: Mon, 5 Jan 2026 09:00:00 +0000\nSubject: Lamp", "Same"), false},
			"one id without an @":     {order("Message-ID: 4711\nDate: Mon, 5 Jan 2026 09:00:00 +0000\nSubject: Lamp", "Same"), order("Received: by x\nMessage-ID: 4711\nDate: Mon, 5 Jan 2026 09:00:00 +0000\nSubject: Lamp", "Same"), true},
			"second 60":               {order("Message-ID: <fixed@example.net>\nDate: Thu,13 Feb 2025 23:32:60 +0000\nSubject: Lamp", "Same"), order("Received: by x\nMessage-ID: <fixed@example.net>\nDate: Thu,13 Feb 2025 23:32:60 +0000\nSubject: Lamp", "Same\n"), true},
			"nothing but a quotation": {order(dated+"Subject: Lamp", "> It is broken"), order("Received: by x\n"+dated+"Subject: Lamp", "> It is broken"), true},
		} {
			w := newWorldIn(t, w)
			first, second := w.Gets(c.first), w.Gets(c.second)
			if got := second.State == vocab.InboundDuplicate; got != c.repeated || first.State != vocab.InboundIngested {
				t.Errorf("%s: they are %s and %s", name, first.State, second.State)
			}
			if c.repeated {
				check.Same(t, []any{name, second.MessageID, w.kept(first), second.BlobKey != ""}, []any{name, first.MessageID, []int{1}, true})
				continue
			}
			if strings.Contains(c.first, dated) { // the others have no identity in common
				check.Same(t, []any{name, w.Row(second.ConversationID).PossiblyRelatedID}, []any{name, first.ConversationID})
			}
			// Each of the two is repeated on its own, in whatever order.
			third, fourth := w.Gets("Received: by again.example\r\n"+c.second), w.Gets("Received: by again.example\r\n"+c.first)
			if strings.Contains(c.second, passed) || strings.Contains(c.first, passed) {
				continue // results below another server's are not trusted
			}
			check.Same(t, []any{name, third.MessageID, fourth.MessageID, w.kept(first, second)}, []any{name, second.MessageID, first.MessageID, []int{1, 1}})
		}
	})
}

// EM-5: what answers an identity goes to the mail whose sender is confirmed, whichever came first.
func TestAuthenticatedWins(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		forged := w.Gets(order(dated+"Subject: Lamp", "Pay to this account."))
		honest := w.Gets(order(passed+dated+"Subject: Lamp", "Pay to that account."))
		late := w.Gets(order(dated+"Subject: Lamp", "I need a thousand in gift cards today."))
		check.Same(t, became([]*ent.InboundMail{forged, honest, late}), []vocab.InboundState{vocab.InboundIngested, vocab.InboundIngested, vocab.InboundIngested})
		answer := w.Gets(order("Message-ID: <two@example.net>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nIn-Reply-To: <fixed@example.net>\nSubject: Re: Lamp", "Did it arrive?"))
		check.Same(t, answer.ConversationID, honest.ConversationID)
	})
}

// EM-8: of two channels one may have no server in front that checks senders.
func TestRepeatByAnotherChannel(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		other := w.Channel(1, "help@shop.example")
		first := w.Gets(order(passed+dated+"Subject: Lamp", "It is broken."))
		second := w.Receives(order("Received: by x\n"+dated+"Subject: Lamp", "It is broken."), other)[0]
		check.Same(t, []any{second.State, second.MessageID}, []any{vocab.InboundDuplicate, first.MessageID})
		third := w.Receives(order("Received: by y\n"+dated+"Subject: Lamp", "It is not broken, pay me."), other)[0]
		check.Same(t, third.State, vocab.InboundIngested)
	})
}

// EM-5: of twice at once, one is the message.
func TestRepeatedAtOnce(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		other := w.Channel(1, "help@shop.example")
		rows := w.Takes(order(dated+"Subject: Lamp", "It is broken."), w.Support, other)
		rows = append(rows, w.Takes(order("Received: by x\n"+dated+"Subject: Lamp", "Pay to this account."), w.Support, other)...)
		faults := make(chan error, len(rows))
		for _, row := range rows {
			go func() { faults <- w.Ingest(row) }()
		}
		for range rows {
			if err := <-faults; err != nil {
				t.Log(err) // one that lost the race is read again
			}
		}
		for _, row := range rows {
			check.NoError(t, w.Ingest(row))
		}
		count := map[vocab.InboundState]int{}
		for _, row := range rows {
			count[w.Inbound(row).State]++
		}
		check.Same(t, count, map[vocab.InboundState]int{vocab.InboundIngested: 2, vocab.InboundDuplicate: 2})
	})
}

// EM-5, IN-13: a purged mail does not come back, by whatever way; what says something else
// does come. Nothing of it stays, and what is kept of its identity is salted.
func TestPurgedMailStaysAway(t *testing.T) {
	eachLoneWorld(t, func(t *testing.T, w *world) {
		raw, key := mailroom.CRLF(fromCustomer), secret.GenerateKey()
		w.Keys = check.Must(secret.Parse(key))(t)
		w.Node = w.NewNode()
		first := w.Gets(raw)
		before := w.Inbound(first.ID)
		w.purges(first.ConversationID)
		mark := w.Inbound(first.ID)
		check.Same(t, []string{mark.Hash, mark.BlobKey, mark.InternetID}, []string{"", "", ""})
		for _, plain := range []string{receive.PlainIdentity([]byte(raw)), before.Hash} {
			if holding := w.holding(plain); len(holding) > 0 {
				t.Errorf("%v keep a digest of the mail that anyone can make", holding)
			}
		}
		for i, again := range []string{raw, "Received: by other.example\r\n" + raw, strings.Replace(raw, "Subject: ", "Subject: [users] ", 1)} {
			got := w.Receives(again, w.Support)[0]
			check.Same(t, []any{i, got.State, got.ConversationID, got.BlobKey, got.InternetID, got.Hash}, []any{i, vocab.InboundDuplicate, "", "", "", ""})
		}
		check.Same(t, w.holding(personal), stays[:2])
		check.Same(t, w.contents(), []string{})
		// Another node, which signs with a newer key, knows it too.
		w.Keys = check.Must(secret.Parse(secret.GenerateKey() + "," + key))(t)
		w.Node = w.NewNode()
		check.Same(t, w.Gets(raw).State, vocab.InboundDuplicate)
		other := w.Gets(strings.Replace(raw, "Zaunkoenig's lamp is broken.", "Please cancel all of what I ordered last week.", 1))
		check.Same(t, other.State, vocab.InboundIngested)
	})
}

// EM-6, IN-13: a copy of what we sent, which comes after its conversation was purged, does not
// bring it back.
func TestCopyOfPurgedStaysAway(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.Gets(mailroom.CRLF(mailroom.Question))
		_, sent := w.Answers(first.ConversationID, "We send one")
		w.purges(first.ConversationID)
		got := w.Gets(sent)
		check.Same(t, []any{got.State, got.ConversationID}, []any{vocab.InboundOwn, ""})
	})
}

// purges deletes and purges a conversation.
func (w *world) purges(conversationID string) {
	w.T.Helper()
	check.Must(w.Desk.Delete(w.Agent(1), conversation.DeleteConversationInput{Target: conversation.On(conversationID)}))(w.T)
	check.Must(w.Desk.Purge(w.Agent(1), conversation.PurgeConversationInput{Target: conversation.On(conversationID)}))(w.T)
}

// newWorldIn is the world without the mail that came before: each case has its own.
func newWorldIn(t *testing.T, w *world) *world {
	t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.InboundMail.Update().Where(inboundmail.IdentityNotNil()).ClearIdentity().SetLikeness("").Save(ctx)
		return err
	})
	return w
}

// EM-5: an old row, which has no salt and is not compared by content, is known still.
func TestMailOfBeforeIsKnown(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		raw := order("Message-ID: <fixed@example.net>\nSubject: Lamp", "Order 17")
		first := w.Gets(raw)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			former := receive.FormerIdentity([]byte(raw))
			return tx.Client.InboundMail.UpdateOneID(first.ID).SetIdentity(former).SetLikeness(former).SetContent("").Exec(ctx)
		})
		again := w.Gets("Received: by x\r\n" + raw)
		check.Same(t, []any{again.State, again.MessageID}, []any{vocab.InboundDuplicate, first.MessageID})
		check.Same(t, fmt.Sprint(w.kept(first)), "[1]")
	})
}
