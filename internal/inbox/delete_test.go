package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent/emailchannel"
	"parley/ent/event"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/inbox"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IB-3: a deleted inbox is gone at once, and what was in it soon after.
func TestDelete(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		box := o.InboxIDs[0]
		for _, wrong := range []string{"sales", "Sales ", ""} {
			_, err := o.inboxes.Delete(o.Admin, inbox.DeleteInboxInput{InboxID: box, ConfirmName: wrong})
			check.Refused(t, err, errs.ConfirmationMismatch, "confirmName")
		}
		in := inbox.DeleteInboxInput{InboxID: box, ConfirmName: "Sales", IdempotencyKey: check.Ptr("k")}
		task, err := o.inboxes.Delete(o.Admin, in)
		check.NoError(t, err)
		again, err := o.inboxes.Delete(o.Admin, in)
		check.NoError(t, err)
		if task.ID != again.ID || task.Total != 2 || task.Done != 0 || task.State != vocab.TaskQueued {
			t.Fatalf("got %+v, again %+v", task, again)
		}
		o.isGone(t)

		args := inbox.ClearArgs{AccountID: o.AccountID, InboxID: box, TaskID: task.ID}
		if diff := cmp.Diff([]any{args}, o.jobs.TakenArgs()); diff != "" {
			t.Fatal(diff)
		}
		o.clear(t, args)
		o.clear(t, args) // a job may run again
		task, err = o.Store.Client(o.System).Task.Get(o.System, task.ID)
		check.NoError(t, err)
		if task.State != vocab.TaskDone || task.Done != 2 || task.Total != 2 || !task.FinishedAt.IsSet() {
			t.Fatalf("got %+v", task)
		}
		want := []string{"INBOX_DELETED " + box, "TASK_STARTED " + task.ID, "TASK_FINISHED " + task.ID}
		if diff := cmp.Diff(want, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		o.isEmpty(t)
	})
}

// released are the credentials of the channels that an inbox has when they are
// given back.
type released struct{ credentials []string }

func (r *released) Release(ctx context.Context, tx *store.Tx, inboxID string) (err error) {
	r.credentials, err = tx.Client.EmailChannel.Query().Where(emailchannel.InboxID(inboxID)).Select(emailchannel.FieldCredentials).Strings(ctx)
	return err
}

// IB-3: the e-mail channels of a deleted inbox give up their addresses and
// credentials at once; their mail and files go with the rest, blobs included.
func TestDeleteDisconnectsMail(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		box, channel := o.InboxIDs[0], id.New(id.Channel)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			c, now := tx.Client, tx.Now()
			return errors.Join(
				c.Channel.Create().SetID(channel).SetInboxID(box).SetKind(vocab.Email).SetKey(channel).SetCreatedAt(now).Exec(ctx),
				c.EmailChannel.Create().SetID(channel).SetInboxID(box).SetAddress("help@example.com").SetAliases([]string{}).SetProvider(vocab.EmailIMAP).
					SetState(vocab.EmailConnected).SetCredentials("sealed").SetCreatedAt(now).Exec(ctx),
				c.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(box).SetChannelID(channel).SetAddress("help@example.com").Exec(ctx),
				c.EmailConnection.Create().SetID(id.New("connection")).SetInboxID(box).SetStateHash([]byte("hash")).SetUserID(o.AdminID).SetChannelID(channel).
					SetProvider(vocab.EmailGmail).SetSecrets("sealed").SetSettings(vocab.EmailConnectionSettings{}).SetExpiresAt(now).SetCreatedAt(now).Exec(ctx),
				c.InboundMail.Create().SetID(id.New(id.InboundMail)).SetInboxID(box).SetChannelID(channel).SetPlace("1:1").SetBlobKey("raw").SetSize(1).
					SetHash("00").SetEnvelopeTo([]string{}).SetArrivedAt(now).SetState(vocab.InboundStored).SetCreatedAt(now).Exec(ctx),
				c.Attachment.Create().SetID(id.New(id.Attachment)).SetInboxID(box).SetUploaderKind(viewer.Agent).SetUploaderID(o.AdminID).SetFileName("a").
					SetContentType("text/plain").SetSize(1).SetHash("00").SetBlobKey("file").SetScan(vocab.ScanNone).SetCreatedAt(now).Exec(ctx),
			)
		})
		released := &released{}
		o.inboxes = inbox.New(o.Store, o.people, o.conversations, released)
		task, err := o.inboxes.Delete(o.Admin, inbox.DeleteInboxInput{InboxID: box, ConfirmName: "Sales"})
		check.NoError(t, err)
		check.Same(t, released.credentials, []string{"sealed"})
		client := o.Store.Client(o.System)
		gone, err := client.EmailChannel.Get(o.System, channel)
		check.NoError(t, err)
		if gone.State != vocab.EmailDisconnected || gone.Credentials != "" || !gone.StateSince.IsSet() {
			t.Errorf("the channel still is %+v", gone)
		}
		for table, want := range map[string]int64{"channel_addresses": 0, "email_connections": 0, "inbound_mails": 1} {
			o.holds(t, table, want)
		}

		o.clear(t, inbox.ClearArgs{AccountID: o.AccountID, InboxID: box, TaskID: task.ID})
		o.isEmpty(t)
		for table, want := range map[string]int64{"email_channels": 0, "inbound_mails": 0, "attachments": 0, "forgotten_blobs": 2} {
			o.holds(t, table, want)
		}
	})
}

// holds checks how many rows of the account a table has.
func (o *office) holds(t *testing.T, table string, want int64) {
	t.Helper()
	n, err := o.Store.Numbers(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE account_id = $1", o.AccountID)
	check.NoError(t, err)
	if n[0] != want {
		t.Errorf("%s has %d rows, want %d", table, n[0], want)
	}
}

// isGone checks that no one sees the first inbox, nor changes it.
func (o *office) isGone(t *testing.T) {
	t.Helper()
	all, err := o.inboxes.List(o.Admin, paging.PageArgs{})
	check.NoError(t, err)
	if len(all.Edges) != 1 {
		t.Fatalf("there are %d inboxes", len(all.Edges))
	}
	token, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "T", UserID: &o.AdminID, Scopes: []string{"*"}})
	check.NoError(t, err)
	v, err := o.people.Authenticate(t.Context(), token.Text)
	check.NoError(t, err)
	if len(v.InboxIDs) != 0 {
		t.Fatalf("the admin still sees %v", v.InboxIDs)
	}
	_, err = o.people.RevokeToken(o.Admin, account.RevokeApiTokenInput{APITokenID: token.Token.ID})
	check.NoError(t, err)
	o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Client.Event.Delete().Where(event.TypeIn(vocab.TokenCreated, vocab.TokenRevoked)).Exec(ctx)
		return err
	})
	_, err = o.inboxes.Rename(o.Admin, inbox.RenameInboxInput{InboxID: o.InboxIDs[0], Name: "Back"})
	check.Refused(t, err, errs.NotFound, "inboxId")
}

// isEmpty checks that of both inboxes the second's rows alone are left, and the
// contact, whom both could know.
func (o *office) isEmpty(t *testing.T) {
	t.Helper()
	for table, want := range map[string]int64{
		"inboxes": 1, "inbox_users": 1, "channels": 1, "visitors": 1, "conversations": 1, "messages": 3, "contacts": 1,
	} {
		o.holds(t, table, want)
	}
}

// IB-3: the removal goes on where it was stopped, and events become tombstones.
func TestDeleteGoesOn(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		_, err := o.inboxes.UpdateMembers(o.Admin, inbox.UpdateInboxMembersInput{InboxID: o.InboxIDs[0], RemoveUserIDs: o.AgentIDs[:1]})
		check.NoError(t, err)
		task, err := o.inboxes.Delete(o.Admin, inbox.DeleteInboxInput{InboxID: o.InboxIDs[0], ConfirmName: "Sales"})
		check.NoError(t, err)
		args := inbox.ClearArgs{AccountID: o.AccountID, InboxID: o.InboxIDs[0], TaskID: task.ID}
		stopped := &failing{inner: o.conversations, after: 1}
		err = inbox.New(o.Store, o.people, stopped, desk.NoMailboxes{}).Clear(t.Context(), args)
		if !errors.Is(err, errStopped) {
			t.Fatalf("got %v", err)
		}
		half, err := o.Store.Client(o.System).Task.Get(o.System, task.ID)
		check.NoError(t, err)
		if half.State != vocab.TaskRunning || half.Done != 1 {
			t.Fatalf("got %+v", half)
		}
		o.clear(t, args)
		o.isEmpty(t)
		log := o.events(t)
		if log[0] != "MEMBER_REMOVED " || strings.Contains(strings.Join(log, " "), o.AgentIDs[0]) {
			t.Fatalf("the log still names the member: %v", log)
		}
	})
}

var errStopped = errors.New("stopped")

// failing erases some conversations and then fails.
type failing struct {
	inner inbox.Conversations
	after int
}

func (f *failing) EraseOne(ctx context.Context, conversationID string) error {
	if f.after--; f.after < 0 {
		return errStopped
	}
	return f.inner.EraseOne(ctx, conversationID)
}
