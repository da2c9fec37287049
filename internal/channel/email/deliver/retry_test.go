package deliver_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/smtpserver"
	"parley/internal/vocab"
)

// EM-6: what the server cannot take now waits, and goes out as it was.
func TestDeferred(t *testing.T) {
	for name, c := range map[string]struct {
		order func(*smtpserver.Server)
		// taken is how often the server has the mail in the end.
		taken int
	}{
		"AtTheSender":    {func(s *smtpserver.Server) { s.AtMail(smtpserver.Defer()) }, 1},
		"AtTheRecipient": {func(s *smtpserver.Server) { s.AtRecipient("", smtpserver.Defer()) }, 1},
		"AtTheEnd":       {func(s *smtpserver.Server) { s.AtData(smtpserver.Defer()) }, 1},
		"BrokenOff":      {func(s *smtpserver.Server) { s.AtData(smtpserver.Drop()) }, 1},
		// No one knows whether it was taken, so that it goes out twice, as one mail.
		"BrokenOffAfter": {func(s *smtpserver.Server) { s.AtData(smtpserver.DropAfter()) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			eachOffice(t, func(t *testing.T, o *office) {
				c.order(o.server)
				m := o.says(conversation.SendMessageInput{})
				began := o.Store.Now()
				if wait := o.tries(m); wait != time.Minute {
					t.Errorf("to be tried again in %v, want a minute", wait)
				}
				o.is(m, vocab.DeliveryQueued)
				if e := o.email(m); e.Attempts != 1 || e.NextAttemptAt != began.Add(time.Minute) || e.Recipients[0].Detail == "" {
					t.Errorf("after the attempt: %d, next at %v, %+v", e.Attempts, e.NextAttemptAt, e.Recipients)
				}
				before := o.server.Connections()
				o.Clock.Advance(time.Minute - time.Microsecond)
				if wait := o.tries(m); wait != time.Microsecond || o.server.Connections() != before {
					t.Errorf("tried too early, and again in %v", wait)
				}
				o.Clock.Advance(time.Microsecond)
				if wait := o.tries(m); wait != 0 {
					t.Errorf("to be tried again in %v", wait)
				}
				o.is(m, vocab.DeliverySent)
				letters := o.server.Mails()
				if len(letters) != c.taken {
					t.Fatalf("the server has it %d times, want %d", len(letters), c.taken)
				}
				if last := letters[len(letters)-1]; !bytes.Equal(letters[0].Raw, last.Raw) {
					t.Errorf("the second time it is another mail:\n%s\n%s", letters[0].Raw, last.Raw)
				}
			})
		})
	}
}

// EM-6: what is refused is not tried again, and the message says who was not
// reached and why.
func TestRefused(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.server.AtRecipient("dora@example.net", smtpserver.Refuse())
		m := o.says(conversation.SendMessageInput{})
		if wait := o.tries(m); wait != 0 {
			t.Errorf("to be tried again in %v", wait)
		}
		o.is(m, vocab.DeliveryFailed, "dora@example.net", "550", "No such person")
		if n := o.told(m, vocab.MessageDeliveryChanged); n != 1 {
			t.Errorf("told %d times", n)
		}
		o.Clock.Advance(time.Hour)
		if o.tries(m); o.server.Connections() != 1 {
			t.Error("it was tried again")
		}
	})
}

// EM-6: of several recipients each has a fate of its own; a retry is for those
// alone whom the mail did not reach.
func TestSomeRefused(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.server.AtRecipient("carl@example.net", smtpserver.Refuse())
		o.server.AtRecipient("emil@example.net", smtpserver.Defer())
		m := o.says(conversation.SendMessageInput{Cc: []string{"carl@example.net", "emil@example.net"}})
		if wait := o.tries(m); wait != time.Minute {
			t.Fatalf("to be tried again in %v", wait)
		}
		o.is(m, vocab.DeliveryQueued)
		if got := fates(o.email(m).Recipients); got != "dora@example.net SENT, carl@example.net FAILED, emil@example.net QUEUED" {
			t.Errorf("after the first attempt: %s", got)
		}
		o.Clock.Advance(time.Minute)
		o.tries(m)
		o.is(m, vocab.DeliveryFailed, "1 of 3 ", "carl@example.net: 550")
		if letters := o.server.Mails(); len(letters) != 2 || !slices.Equal(letters[1].Recipients, []string{"emil@example.net"}) {
			t.Errorf("the letters are %+v", letters)
		}
		in := deliver.RetryMessageInput{MessageID: m.ID, IdempotencyKey: new("again")}
		got := check.Must(o.Deliver.Retry(o.Agent(1), in))(t)
		if got.Delivery != vocab.DeliveryQueued || got.DeliveryError != "" {
			t.Errorf("it is %s (%s)", got.Delivery, got.DeliveryError)
		}
		o.tries(m)
		o.is(m, vocab.DeliverySent)
		if letters := o.server.Mails(); len(letters) != 3 || !slices.Equal(letters[2].Recipients, []string{"carl@example.net"}) {
			t.Errorf("the letters are %+v", letters)
		}
		if _, err := o.Deliver.Retry(o.Agent(1), in); err != nil {
			t.Errorf("the same call once more: %v", err)
		}
		o.is(m, vocab.DeliverySent)
		_, err := o.Deliver.Retry(o.Agent(1), deliver.RetryMessageInput{MessageID: m.ID})
		check.Refused(t, err, errs.Invalid, "messageId")
		_, err = o.Deliver.Retry(o.Agent(0), deliver.RetryMessageInput{MessageID: m.ID})
		check.Refused(t, err, errs.NotFound, "messageId")
	})
}

// A retry is refused where it cannot succeed.
func TestRetryWithoutChannel(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		m := o.says(conversation.SendMessageInput{})
		_, err := o.Settings.Disconnect(o.Admin, settings.DisconnectEmailChannelInput{ChannelID: o.Support.ID})
		if err != nil {
			t.Fatal(err)
		}
		o.tries(m)
		o.is(m, vocab.DeliveryFailed, "disconnected")
		_, err = o.Deliver.Retry(o.Agent(1), deliver.RetryMessageInput{MessageID: m.ID})
		check.Refused(t, err, errs.ChannelNotConnected, "messageId")
	})
}

// EM-6: after five days a mail is given up, and says so.
func TestGivenUp(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		m := o.says(conversation.SendMessageInput{})
		began, attempts := o.Store.Now(), 0
		for wait := time.Nanosecond; wait > 0; attempts++ {
			if attempts > 40 {
				t.Fatal("it never ends")
			}
			o.server.AtRecipient("", smtpserver.Defer())
			wait = o.tries(m)
			o.Clock.Advance(wait)
		}
		o.is(m, vocab.DeliveryFailed, "five days", "451")
		if took := o.Store.Now().Time().Sub(began.Time()); took < 5*24*time.Hour || took > 6*24*time.Hour {
			t.Errorf("given up after %v and %d attempts", took, attempts)
		}
	})
}

// EM-6, OP-2: of workers that send a message at once one does.
func TestOneWorkerSends(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		release := make(chan struct{})
		o.server.AtData(smtpserver.Wait(release))
		m := o.says(conversation.SendMessageInput{})
		const workers = 4
		ended := make(chan error, workers)
		for range workers {
			go func() {
				ended <- o.Deliver.Send(t.Context(), deliver.SendArgs{AccountID: o.AccountID, MessageID: m.ID})
			}()
		}
		for range workers - 1 {
			if err := <-ended; err == nil {
				t.Error("a worker that did not send takes the message for done")
			}
		}
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		o.only()
		o.is(m, vocab.DeliverySent)
	})
}

// CR-5: who is erased while the server thinks does not come back with its answer.
func TestErasedWhileItIsSent(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		release, asked := make(chan struct{}), make(chan struct{})
		o.server.AtData(smtpserver.Wait(release))
		o.relay.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			defer close(asked)
			o.relay.Dial = nil
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		m := o.says(conversation.SendMessageInput{Cc: []string{"carl@example.net"}})
		ended := make(chan error, 1)
		go func() {
			ended <- o.Deliver.Send(t.Context(), deliver.SendArgs{AccountID: o.AccountID, MessageID: m.ID})
		}()
		<-asked
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			rest := []vocab.Recipient{{Address: "carl@example.net", State: vocab.DeliveryQueued}}
			return tx.Client.Email.UpdateOneID(m.ID).SetRecipients(rest).Exec(ctx)
		})
		close(release)
		check.NoError(t, <-ended)
		o.is(m, vocab.DeliverySent)
		check.Same(t, o.email(m).Recipients, []vocab.Recipient{{Address: "carl@example.net", State: vocab.DeliverySent}})
	})
}

// EM-6: a node that goes down while the server thinks leaves the mail to the next.
func TestNodeGoesDown(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		release, connected := make(chan struct{}), make(chan struct{})
		o.server.AtRecipient("", smtpserver.Wait(release))
		o.relay.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			defer close(connected)
			o.relay.Dial = nil
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
		m := o.says(conversation.SendMessageInput{})
		ctx, down := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Deliver.Send(ctx, deliver.SendArgs{AccountID: o.AccountID, MessageID: m.ID}) }()
		<-connected
		down()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the job ended with %v", err)
		}
		close(release)
		o.is(m, vocab.DeliveryQueued)
		if wait := o.tries(m); wait != 0 {
			t.Errorf("the next node waits for %v", wait)
		}
		o.is(m, vocab.DeliverySent)
		o.only()
	})
}

// EM-6: a message can be taken back until its time to is over.
func TestUndoSend(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		c := check.Must(o.Settings.Update(o.Admin, settings.UpdateEmailChannelInput{ChannelID: o.Support.ID, UndoSeconds: opt.Of(10)}))(t)
		if c.UndoSeconds != 10 {
			t.Fatal(c.UndoSeconds)
		}
		back, late := o.says(conversation.SendMessageInput{}), o.says(conversation.SendMessageInput{})
		if wait := o.tries(back); wait != 10*time.Second || o.server.Connections() != 0 {
			t.Errorf("it goes out in %v", wait)
		}
		o.Clock.Advance(10*time.Second - time.Microsecond)
		m := check.Must(o.Deliver.UndoSend(o.Agent(1), deliver.UndoSendInput{MessageID: back.ID}))(t)
		if !m.DeletedAt.IsSet() || m.Text != "" || m.Delivery != vocab.DeliveryCanceled { // IN-14
			t.Errorf("what was taken back is %s and says %q", m.Delivery, m.Text)
		}
		o.Clock.Advance(time.Microsecond)
		again := check.Must(o.Deliver.UndoSend(o.Agent(1), deliver.UndoSendInput{MessageID: back.ID}))(t)
		check.Same(t, []any{again.ID, again.Delivery, again.DeletedAt}, []any{m.ID, m.Delivery, m.DeletedAt})
		check.Same(t, []int{o.told(back, vocab.MessageDeliveryChanged), o.told(back, vocab.MessageDeleted)}, []int{1, 1})
		if _, err := o.Deliver.Retry(o.Agent(1), deliver.RetryMessageInput{MessageID: back.ID}); errs.Of(err) == nil {
			t.Error("what was taken back is sent again")
		}
		_, err := o.Deliver.UndoSend(o.Agent(1), deliver.UndoSendInput{MessageID: late.ID})
		check.Refused(t, err, errs.Invalid, "messageId")
		o.tries(back)
		if len(o.server.Mails()) != 0 {
			t.Error("what was taken back was sent")
		}
		o.tries(late)
		o.only()
		o.is(late, vocab.DeliverySent)
	})
}

// IN-3, IN-14, IN-32: an answer that was taken back is none: the contact waits, and the next
// answer is the first one. It goes to those of the mail that it answers.
func TestUndoneAnswerIsNone(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		check.Must(o.Settings.Update(o.Admin, settings.UpdateEmailChannelInput{ChannelID: o.Support.ID, UndoSeconds: opt.Of(10)}))(t)
		c, first, err := o.Desk.StartEmail(o.Agent(1), conversation.StartEmailConversationInput{ChannelID: o.Support.ID, To: []string{"kim@example.net"}, Subject: "Offer", Text: new("Hello")})
		check.Must(c, err)(t)
		wrong, _, err := o.Desk.SendMessage(o.Agent(1), conversation.SendMessageInput{Target: conversation.On(c.ID), Text: new("Wrong"), To: []string{"wrong@example.net"}})
		check.Must(wrong, err)(t)
		check.Must(o.Deliver.UndoSend(o.Agent(1), deliver.UndoSendInput{MessageID: wrong.ID}))(t)
		check.Same(t, o.Row(c.ID).LastOutgoingNumber, first.Number)
		right, _, err := o.Desk.SendMessage(o.Agent(1), conversation.SendMessageInput{Target: conversation.On(c.ID), Text: new("Right")})
		check.Must(right, err)(t)
		check.Same(t, o.email(right).To, []vocab.Mailbox{{Address: "kim@example.net"}})

		answer := o.says(conversation.SendMessageInput{})
		check.Must(o.Deliver.UndoSend(o.Agent(1), deliver.UndoSendInput{MessageID: answer.ID}))(t)
		row := o.Row(o.c.ID)
		check.Same(t, []any{conversation.AwaitedOf(row), row.FirstRespondedAt.IsSet(), row.FirstRespondedBy}, []any{vocab.WaitingOnTeam, false, ""})
	})
}

// EM-6: the queue sends what is committed.
func TestQueueSends(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		q := job.New(o.Store, slog.New(slog.DiscardHandler))
		job.Register(q, o.Deliver.Send, job.Options{Timeout: time.Minute})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := o.says(conversation.SendMessageInput{})
		ctx, cancel := context.WithTimeout(t.Context(), mailroom.Patience)
		defer cancel()
		letters, err := o.server.Wait(ctx, 1)
		if err := errors.Join(err, q.Stop(ctx)); err != nil {
			t.Fatal(err)
		}
		o.is(m, vocab.DeliverySent)
		if !strings.Contains(string(letters[0].Raw), o.email(m).InternetID) {
			t.Error("another mail went out")
		}
	})
}
