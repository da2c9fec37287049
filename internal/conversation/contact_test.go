package conversation_test

import (
	"context"
	"testing"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// IN-12: a chat is parted from its contact and linked to another, each told
// once, and found by the new one's name (IN-5).
func TestLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, c, emil := d.Agent(0), d.StartChat(0, "Hello").ID, d.NewContact("Emil Zátopek", "emil@example.org")
		check.Same(t, d.Found(me, "dora"), []string{c})
		got := d.Recorded(func() {
			for range 2 {
				check.Must(d.UnlinkContact(me, conversation.UnlinkContactInput{Target: conversation.On(c)}))(t)
			}
		})
		check.Same(t, got, []string{"CONTACT_UNLINKED contact:" + d.ContactID + ">"})
		check.Same(t, d.Found(me, "dora"), []string{})
		d.VisitorWrites(c, 0, "A message does not undo it") // CR-6
		check.Same(t, d.Row(c).ContactID, "")
		got = d.Recorded(func() {
			for range 2 {
				check.Must(d.LinkContact(me, conversation.LinkContactInput{Target: conversation.On(c), ContactID: emil}))(t)
			}
		})
		check.Same(t, got, []string{"CONTACT_LINKED contact:>" + emil})
		check.Same(t, d.Found(me, "zatopek"), []string{c})
		check.Same(t, d.Row(d.ConversationIDs[0]).ContactID, d.ContactID)
	})
}

// IN-12: an e-mail conversation is with who wrote it; foreign contacts are not
// there.
func TestLinkRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, email := d.Agent(0), d.NewEmail()
		_, err := d.LinkContact(me, conversation.LinkContactInput{Target: conversation.On(email), ContactID: d.ContactID})
		check.Refused(t, err, errs.Invalid, "conversationId")
		_, err = d.UnlinkContact(me, conversation.UnlinkContactInput{Target: conversation.On(email)})
		check.Refused(t, err, errs.Invalid, "conversationId")
		for _, foreign := range []string{testkit.Account(t, d.Store).ContactID, d.AgentIDs[0], id.New(id.Contact), "contact_\x00", ""} {
			_, err := d.LinkContact(me, conversation.LinkContactInput{Target: conversation.On(d.ConversationIDs[0]), ContactID: foreign})
			check.Refused(t, err, errs.NotFound, "contactId")
		}
	})
}

// CH-8: a captured address links the visitor's conversations without contact,
// but those in the trash.
func TestLinkVisitor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		first, trashed := d.ConversationIDs[2], d.StartChat(2, "Hello").ID
		d.MustDelete(trashed)
		got := d.Recorded(func() {
			for range 2 {
				d.Write(d.InNameOf(2), func(ctx context.Context, tx *store.Tx) error {
					return d.LinkVisitor(ctx, tx, d.VisitorIDs[2], d.ContactID)
				})
			}
		})
		check.Same(t, got, []string{"CONTACT_LINKED contact:>" + d.ContactID})
		check.Same(t, []string{d.Row(first).ContactID, d.Row(trashed).ContactID}, []string{d.ContactID, ""})
	})
}
