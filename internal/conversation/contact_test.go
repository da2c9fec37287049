package conversation_test

import (
	"context"
	"testing"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/store"
	"parley/internal/testkit"
)

// contact makes a contact.
func (d *desk) contact(name, email string) string {
	d.t.Helper()
	contact := id.New(id.Contact)
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Contact.Create().SetID(contact).SetName(name).SetEmail(email).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	return contact
}

// finds returns the conversations that the first agent finds, newest hit first.
func (d *desk) finds(ctx context.Context, query string) []string {
	d.t.Helper()
	found := []string{}
	for _, e := range must(d.Search(ctx, query, conversation.Filter{}, relay.PageArgs{First: ptr(100)}))(d.t).Edges {
		found = append(found, e.Node.Conversation.ID)
	}
	return found
}

// IN-12: a chat is parted from its contact and linked to another, each told
// once, and found by the new one's name (IN-5).
func TestLink(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me, c, emil := d.Agent(0), d.begin(0, "Hello").ID, d.contact("Emil Zátopek", "emil@example.org")
		same(t, d.finds(me, "dora"), []string{c})
		got := d.told(func() {
			for range 2 {
				must(d.UnlinkContact(me, conversation.UnlinkContactInput{ConversationID: c}))(t)
			}
		})
		same(t, got, []string{"CONTACT_UNLINKED contact:" + d.ContactID + ">"})
		same(t, d.finds(me, "dora"), []string{})
		d.writes(c, 0, "A message does not undo it") // CR-6
		same(t, d.row(c).ContactID, "")
		got = d.told(func() {
			for range 2 {
				must(d.LinkContact(me, conversation.LinkContactInput{ConversationID: c, ContactID: emil}))(t)
			}
		})
		same(t, got, []string{"CONTACT_LINKED contact:>" + emil})
		same(t, d.finds(me, "zatopek"), []string{c})
		same(t, d.row(d.ConversationIDs[0]).ContactID, d.ContactID)
	})
}

// IN-12: an e-mail conversation is with who wrote it; foreign contacts are not
// there.
func TestLinkRefusals(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me, email := d.Agent(0), d.email()
		_, err := d.LinkContact(me, conversation.LinkContactInput{ConversationID: email, ContactID: d.ContactID})
		refused(t, err, errs.Invalid, "conversationId")
		_, err = d.UnlinkContact(me, conversation.UnlinkContactInput{ConversationID: email})
		refused(t, err, errs.Invalid, "conversationId")
		for _, foreign := range []string{testkit.Account(t, d.Store).ContactID, d.AgentIDs[0], id.New(id.Contact), "contact_\x00", ""} {
			_, err := d.LinkContact(me, conversation.LinkContactInput{ConversationID: d.ConversationIDs[0], ContactID: foreign})
			refused(t, err, errs.NotFound, "contactId")
		}
	})
}

// CH-8: a captured address links the visitor's conversations without contact,
// but those in the trash.
func TestLinkVisitor(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		first, trashed := d.ConversationIDs[2], d.begin(2, "Hello").ID
		d.deletes(trashed)
		got := d.told(func() {
			for range 2 {
				d.Write(d.inNameOf(2), func(ctx context.Context, tx *store.Tx) error {
					return d.LinkVisitor(ctx, tx, d.VisitorIDs[2], d.ContactID)
				})
			}
		})
		same(t, got, []string{"CONTACT_LINKED contact:>" + d.ContactID})
		same(t, []string{d.row(first).ContactID, d.row(trashed).ContactID}, []string{d.ContactID, ""})
	})
}
