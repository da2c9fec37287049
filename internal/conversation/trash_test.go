package conversation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	entevent "parley/ent/event"
	"parley/ent/forgottenblob"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func (d *suite) purge(conversationID string) error {
	_, err := d.Purge(d.Agent(1), conversation.PurgeConversationInput{Target: conversation.On(conversationID)})
	return err
}

// IN-13: deleting and restoring, each told once; what is restored is as it was.
func TestDeleteAndRestore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c)}))(t)
		got := d.Recorded(func() { d.MustDelete(c); d.MustDelete(c) })
		check.Same(t, got, []string{"CONVERSATION_DELETED deletedAt:>2026-01-05T09:00:00Z"})
		check.Same(t, d.Row(c).Folder, vocab.FolderTrash)
		got = d.Recorded(func() {
			for range 2 {
				check.Must(d.Restore(d.Agent(0), conversation.RestoreConversationInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"CONVERSATION_RESTORED deletedAt:2026-01-05T09:00:00Z>"})
		check.Same(t, []any{d.Row(c).Folder, d.Row(c).Revision}, []any{vocab.FolderFiltered, 4})
	})
}

// IN-13: purging removes everything but the events, which stay in the log as
// tombstones: sequence and type without references.
func TestPurge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		c := d.StartChat(0, "Purgeable").ID
		m := d.AgentSays(me, c, "Purgeable too")
		check.Must(d.EditAs(me, m, "Purgeable, mended"))(t)
		check.Must(d.MarkRead(me, conversation.MarkConversationReadInput{ConversationID: c}))(t)
		d.MustAssign(c, d.AgentIDs[0])
		check.Refused(t, d.purge(c), errs.Invalid, "conversationId")
		d.MustDelete(c)

		events := d.EventsOf(func() {
			if err := d.purge(c); err != nil {
				t.Fatal(err)
			}
		})
		check.Same(t, []any{len(events), events[0].Type, events[0].SubjectID, events[0].ConversationID}, []any{1, vocab.ConversationPurged, c, ""})
		check.Refused(t, d.purge(c), errs.NotFound, "conversationId")
		for _, table := range []string{"conversations WHERE id", "messages WHERE conversation_id", "message_revisions WHERE conversation_id", "read_positions WHERE conversation_id", "search_documents WHERE conversation_id", "events WHERE conversation_id"} {
			check.Same(t, check.Must(d.Store.Numbers(d.System, "SELECT count(*) FROM "+table+" = $1", c))(t), []int64{0})
		}
		check.Same(t, len(check.Must(d.Search(me, "purgeable", view.Filter{}, vocab.SearchNewest, paging.PageArgs{}))(t).Edges), 0)

		var types []vocab.EventType
		for _, e := range check.Must(d.Store.Client(d.System).Event.Query().Order(entevent.BySequence()).All(d.System))(t) {
			types = append(types, e.Type)
			if e.Type != vocab.ConversationPurged && (e.MessageID != "" || e.SubjectID != "" || len(e.Changes) > 0) {
				t.Errorf("%s still tells of what is gone: %v", e.Type, e)
			}
		}
		check.Same(t, types, []vocab.EventType{
			vocab.ConversationCreated, vocab.MessageCreated, vocab.MessageCreated, vocab.ConversationAssigned, vocab.ConversationRead, vocab.MessageUpdated,
			vocab.ConversationRead, vocab.ConversationDeleted, vocab.ConversationPurged,
		})
		// Other conversations keep everything.
		check.Same(t, check.Must(d.Store.Client(d.System).Message.Query().Count(d.System))(t), 9)
	})
}

// IN-13, EM-5: purging takes a conversation's mail and files along, and has
// their blobs removed, but for a file that another conversation has too. A mark
// of each mail stays, so that it does not come in again; its ticket stays.
func TestPurgeTakesMailAndFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, other := d.ConversationIDs[0], d.ConversationIDs[1]
		mail, ticket := id.New(id.InboundMail), id.New(id.Ticket)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			file := func(conversationID, key string) error {
				return tx.Client.Attachment.Create().SetID(id.New(id.Attachment)).SetInboxID(d.InboxIDs[0]).SetConversationID(conversationID).
					SetMessageID("m").SetUploaderKind(viewer.Agent).SetUploaderID(d.AdminID).SetFileName("a").SetContentType("text/plain").
					SetSize(1).SetHash("00").SetBlobKey(d.AccountID + key).SetScan(vocab.ScanNone).SetCreatedAt(tx.Now()).Exec(ctx)
			}
			return errors.Join(
				tx.Client.InboundMail.Create().SetID(mail).SetInboxID(d.InboxIDs[0]).SetChannelID(id.New(id.Channel)).SetPlace("1:1").SetBlobKey("raw").
					SetSize(1).SetHash("00").SetEnvelopeTo([]string{"a@example.com"}).SetArrivedAt(tx.Now()).SetState(vocab.InboundIngested).
					SetIdentity(mail).SetConversationID(c).SetMessageID("m").SetCreatedAt(tx.Now()).Exec(ctx),
				tx.Client.Email.Create().SetID(id.New(id.Message)).SetInboxID(d.InboxIDs[0]).SetConversationID(c).SetChannelID(id.New(id.Channel)).
					SetReferences([]string{}).SetCreatedAt(tx.Now()).Exec(ctx),
				tx.Client.EmailReference.Create().SetID(id.New("reference")).SetInboxID(d.InboxIDs[0]).SetConversationID(c).SetInternetID(c).SetMessageID("m").Exec(ctx),
				tx.Client.Participant.Create().SetID(id.New("participant")).SetInboxID(d.InboxIDs[0]).SetConversationID(c).SetAddress("a@example.com").Exec(ctx),
				tx.Client.Ticket.Create().SetID(ticket).SetPipelineID("p").SetStageID("s").SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityLow).SetConversationID(c).SetCreatedAt(tx.Now()).Exec(ctx),
				file(c, "own"), file(c, "own"), file(c, "shared"), file(other, "shared"),
			)
		})
		d.MustDelete(c)
		if err := d.purge(c); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"emails", "email_references", "participants", "attachments", "inbound_mails", "tickets"} {
			check.Same(t, check.Must(d.Store.Numbers(d.System, "SELECT count(*) FROM "+table+" WHERE conversation_id = $1", c))(t), []int64{0})
		}
		client := d.Store.Client(d.System)
		forgotten := []string{}
		for _, b := range check.Must(client.ForgottenBlob.Query().Order(forgottenblob.ByBlobKey()).All(d.System))(t) {
			forgotten = append(forgotten, b.BlobKey)
		}
		check.Same(t, forgotten, []string{d.AccountID + "own", "raw"})
		mark := check.Must(client.InboundMail.Get(d.System, mail))(t)
		check.Same(t, []any{mark.State, *mark.Identity, mark.BlobKey, len(mark.EnvelopeTo)}, []any{vocab.InboundIngested, mail, "", 0})
		check.Same(t, check.Must(client.Ticket.Get(d.System, ticket))(t).PipelineID, "p")
	})
}

// IN-13: the trash is emptied after exactly 30 days, in every account, except
// of what was restored or came later.
func TestTrashIsEmptied(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		other := &desk.Desk{Fixture: testkit.Account(t, d.Store), Service: d.Service, T: t, Clock: d.Clock}
		d.MustDelete(d.ConversationIDs[0])
		d.MustDelete(d.ConversationIDs[2])
		other.MustDelete(other.ConversationIDs[0])
		check.Must(d.Restore(d.Agent(1), conversation.RestoreConversationInput{Target: conversation.On(d.ConversationIDs[2])}))(t)
		d.Clock.Advance(time.Microsecond)
		d.MustDelete(d.ConversationIDs[1])

		sweep := func() {
			if err := d.PurgeTrash(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		d.Clock.Advance(conversation.TrashKept - 2*time.Microsecond)
		check.Same(t, d.Recorded(sweep), []string{})
		d.Clock.Advance(time.Microsecond)
		check.Same(t, d.Recorded(sweep), []string{"CONVERSATION_PURGED"})
		check.Same(t, check.Must(d.Store.Client(d.System).Conversation.Query().Count(d.System))(t), 2)
		check.Same(t, check.Must(d.Store.Client(other.System).Conversation.Query().Count(other.System))(t), 2)
		d.Clock.Advance(time.Microsecond)
		check.Same(t, d.Recorded(sweep), []string{"CONVERSATION_PURGED"})
		check.Same(t, d.Row(d.ConversationIDs[2]).DeletedAt.IsSet(), false)
	})
}

// IB-3: what lies in a deleted inbox is erased wherever it is filed, once.
func TestEraseOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		for range 2 {
			if err := d.EraseOne(d.System, d.ConversationIDs[0]); err != nil {
				t.Fatal(err)
			}
		}
		check.Same(t, check.Must(d.Get(d.Agent(0), d.ConversationIDs[0]))(t) == nil, true)
		check.Same(t, check.Must(d.Store.Client(d.System).Conversation.Query().Count(d.System))(t), 2)
	})
}

// IN-13: what is in the trash for 30 days is not restored, whether it is purged yet or not.
func TestNothingIsRestoredAfterItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.MustDelete(d.ConversationIDs[0])
		d.MustDelete(d.ConversationIDs[1])
		restore := func(c string) error {
			_, err := d.Restore(d.Admin, conversation.RestoreConversationInput{Target: conversation.On(c)})
			return err
		}
		d.Clock.Advance(conversation.TrashKept - 1)
		check.Same(t, restore(d.ConversationIDs[0]), nil)
		d.Clock.Advance(1000)
		check.Refused(t, restore(d.ConversationIDs[1]), errs.Invalid, "conversationId")
	})
}
