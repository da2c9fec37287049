package deliver_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// closesSilent has the inbox close what is silent for an hour, with a farewell.
func (o *office) closesSilent(farewell string) {
	o.T.Helper()
	o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.Client.Inbox.Get(ctx, o.c.InboxID)
		if err != nil {
			return err
		}
		i.Settings.CloseSilentEmailsAfter, i.Settings.FarewellText = 60, farewell
		return tx.Client.Inbox.UpdateOne(i).SetSettings(i.Settings).Exec(ctx)
	})
}

// farewells are the system's messages of the conversation.
func (o *office) farewells() []*ent.Message {
	o.T.Helper()
	return check.Must(o.Store.Client(o.System).Message.Query().
		Where(entmessage.ConversationID(o.c.ID), entmessage.AuthorKindEQ(viewer.SystemKind)).All(o.System))(o.T)
}

// IN-22: a thread that closes by itself ends with a farewell by mail, which nothing
// automatic answers, and which is no answer; the contact's next mail reopens it.
func TestFarewellOfMail(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.closesSilent("We close this for now.")
		answer := o.says(conversation.SendMessageInput{})
		o.Clock.Advance(2 * time.Hour)
		check.NoError(t, o.Desk.CloseSilent(t.Context()))
		check.Same(t, o.Row(o.c.ID).Status, vocab.Open) // the answer is on its way still
		o.tries(answer)
		responded := o.Row(o.c.ID).FirstRespondedAt
		for range 2 {
			check.NoError(t, o.Desk.CloseSilent(t.Context()))
		}
		row := o.Row(o.c.ID)
		check.Same(t, []any{row.Status, row.ResolvedBy, row.FirstRespondedAt, row.WaitingSince, row.Preview},
			[]any{vocab.Closed, "", responded, clock.Never, "We close this for now."})
		said := o.farewells()
		if len(said) != 1 {
			t.Fatalf("%d farewells", len(said))
		}
		o.tries(said[0])
		o.is(said[0], vocab.DeliverySent)
		letters := o.server.Mails()
		letter := letters[len(letters)-1]
		check.Same(t, []any{len(letters), letter.From}, []any{2, "support@shop.example"})
		if !slices.Equal(letter.Recipients, []string{"dora@example.net"}) {
			t.Errorf("it goes to %v", letter.Recipients)
		}
		contains(t, string(letter.Raw), "Auto-Submitted: auto-", "We close this for now.", "Subject: Re: My order")
		o.Gets(mailroom.CRLF("From: dora@example.net\nTo: support@shop.example\nSubject: Re: My order\nMessage-ID: <again@example.net>\n" +
			"In-Reply-To: <" + o.email(said[0]).InternetID + ">\n\nOne more thing."))
		check.Same(t, o.Row(o.c.ID).Status, vocab.Open)
	})
}

// IN-22: where no farewell can go out, the thread closes without one.
func TestFarewellThatCannotGo(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.closesSilent("We close this for now.")
		o.tries(o.says(conversation.SendMessageInput{}))
		o.Clock.Advance(2 * time.Hour)
		o.sets(func(u *ent.EmailChannelUpdateOne) { u.SetState(vocab.EmailDisconnected) })
		check.NoError(t, o.Desk.CloseSilent(t.Context()))
		check.Same(t, []any{o.Row(o.c.ID).Status, len(o.farewells())}, []any{vocab.Closed, 0})
	})
}
