package receive_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/conversation"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// noticed is what tells a conversation's people that something happened.
type noticed struct {
	Status       vocab.ConversationStatus
	Snoozed      bool
	Unread       int
	Waiting      string
	Assignee     string
	Filtered     []vocab.FilteredReason
	ContactWrote string
}

func (w *world) noticed(conversationID string) noticed {
	w.T.Helper()
	c := w.Row(conversationID)
	return noticed{
		Status: c.Status, Snoozed: c.SnoozedUntil.IsSet(), Unread: c.LastIncomingNumber, Waiting: c.WaitingSince.String(),
		Assignee: c.AssigneeID, Filtered: c.Filtered.List(), ContactWrote: c.VisitorActiveAt.String(),
	}
}

// events are the types of what run adds to the log.
func (w *world) events(run func()) (types []vocab.EventType) {
	w.T.Helper()
	client := w.Store.Client(w.System)
	before := check.Must(client.AccountSequence.Get(w.System, w.AccountID))(w.T).Sequence
	run()
	for _, e := range check.Must(client.Event.Query().Where(entevent.SequenceGT(before)).Order(entevent.BySequence()).All(w.System))(w.T) {
		types = append(types, e.Type)
	}
	return types
}

// stillStages are how a conversation may be when a machine writes into it.
func (w *world) stillStages() map[string]func(conversationID string) {
	return map[string]func(string){
		"open": func(string) {},
		"closed": func(c string) {
			check.Must(w.Desk.Close(w.Agent(1), conversation.CloseConversationInput{Target: conversation.On(c)}))(w.T)
		},
		"snoozed": func(c string) {
			until := w.Row(c).OpenedAt.Add(24 * time.Hour)
			check.Must(w.Desk.Snooze(w.Agent(1), conversation.SnoozeConversationInput{Target: conversation.On(c), Until: until}))(w.T)
		},
	}
}

// hushed runs the test for a conversation of each stage, in which we answered
// Ada, with Eve in copy, whom we blocked. It checks that no one notices what comes
// in but as the given events.
func hushed(t *testing.T, comes func(t *testing.T, w *world, m *ent.Message), want ...vocab.EventType) {
	t.Helper()
	for _, stage := range []string{"open", "closed", "snoozed"} {
		t.Run(stage, func(t *testing.T) {
			eachWorld(t, func(t *testing.T, w *world) {
				first := w.Gets(mailOf("Ada <ada@example.com>", "m1@example.com", "Lamp", "It is broken.", "Cc: Eve <eve@example.net>"))
				spam := w.Gets(mailOf("Eve <eve@example.net>", "eve1@example.net", "Pills", "Cheap."))
				check.Must(w.Desk.BlockSender(w.Agent(1), conversation.BlockConversationSenderInput{Target: conversation.On(spam.ConversationID)}))(t)
				m, _ := w.Answers(first.ConversationID, "We send another one.")
				w.stillStages()[stage](first.ConversationID)
				before := w.noticed(first.ConversationID)
				if stage != "closed" && slices.Contains(want, vocab.MessageDeliveryChanged) {
					before.Waiting = before.ContactWrote // our answer did not reach them (IN-34)
				}
				got := w.events(func() { comes(t, w, m) })
				check.Same(t, got, want)
				check.Same(t, w.noticed(first.ConversationID), before)
			})
		})
	}
}

// bounce is a report about a message to Ada.
func bounce(internetID string) string {
	return mailroom.CRLF(strings.ReplaceAll(`Return-Path: <>
From: MAILER-DAEMON@mx.example.com
To: support@shop.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce1@mx.example.com>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user
--b
Content-Type: text/rfc822-headers

Message-ID: <INTERNET-ID>
Subject: Re: Lamp
--b--
`, "INTERNET-ID", internetID))
}

// IN-7: a bounce fails the message that it is about, tells the team so, and stirs
// no one: it reopens, wakes, re-routes and marks as unread nothing.
func TestBounceOfOurMessage(t *testing.T) {
	hushed(t, func(t *testing.T, w *world, m *ent.Message) {
		e := check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(t)
		row := w.Gets(bounce(e.InternetID))
		if row.State != vocab.InboundReport || row.ConversationID != m.ConversationID {
			t.Fatalf("the bounce is %s of %q", row.State, row.ConversationID)
		}
		if got := w.Message(m.ID); got.Delivery != vocab.DeliveryFailed || !strings.Contains(got.DeliveryError, "No such user") {
			t.Errorf("the message is %s: %q", got.Delivery, got.DeliveryError)
		}
		told := w.Message(row.MessageID)
		if told.Direction != vocab.SystemMessage || told.VisibleNumber != 0 || !strings.Contains(told.Text, "ada@example.com") {
			t.Errorf("the team is told %+v", told)
		}
		e = check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(t)
		check.Same(t, e.Recipients, []vocab.Recipient{{Address: "ada@example.com", State: vocab.DeliveryFailed, Detail: "5.1.1 550 5.1.1 No such user"}})
		if again := w.Gets(bounce(e.InternetID)); again.State != vocab.InboundDuplicate {
			t.Errorf("the same bounce again is %s", again.State)
		}
	}, vocab.MessageDeliveryChanged, vocab.MessageCreated)
}

// IN-7: neither does an automatic answer.
func TestAutomaticAnswer(t *testing.T) {
	hushed(t, func(t *testing.T, w *world, m *ent.Message) {
		e := check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(t)
		row := w.Gets(mailOf("Ada <ada@example.com>", "away@example.com", "Out of office: Lamp", "Back on Monday.",
			"In-Reply-To: <"+e.InternetID+">", "Auto-Submitted: auto-replied"))
		if row.ConversationID != m.ConversationID || !row.Verdict.Automatic || !row.Verdict.AutoReply {
			t.Errorf("it is %+v", row)
		}
		if got := w.Message(row.MessageID); got.Direction != vocab.Incoming || got.Text != "Back on Monday." {
			t.Errorf("it became %+v", got)
		}
	}, vocab.MessageCreated)
}

// IN-10: a blocked sender who takes part in the thread of another joins it, and
// no one is told; the thread of that other is not filtered.
func TestBlockedSenderInCopy(t *testing.T) {
	hushed(t, func(t *testing.T, w *world, m *ent.Message) {
		row := w.Gets(mailOf("Eve <eve@example.net>", "eve2@example.net", "Re: Lamp", "Serves you right.", "In-Reply-To: <m1@example.com>"))
		if row.ConversationID != m.ConversationID || row.Verdict.Thread != "HEADERS" {
			t.Errorf("it is %+v", row)
		}
	}, vocab.MessageCreated)
}

// IN-7: what a person writes is noticed, so that the tests above can fail.
func TestAnswerIsNoticed(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.Gets(mailOf("Ada <ada@example.com>", "m1@example.com", "Lamp", "It is broken."))
		w.Answers(first.ConversationID, "We send another one.")
		w.stillStages()["closed"](first.ConversationID)
		before := w.noticed(first.ConversationID)
		w.Gets(mailOf("Ada <ada@example.com>", "m2@example.com", "Re: Lamp", "Thanks.", "In-Reply-To: <m1@example.com>"))
		after := w.noticed(first.ConversationID)
		if after.Status != vocab.Open || after.Unread <= before.Unread || after.Waiting == before.Waiting {
			t.Errorf("before %+v, after %+v", before, after)
		}
	})
}
