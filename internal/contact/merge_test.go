package contact_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/consentrecord"
	entconversation "parley/ent/conversation"
	entevent "parley/ent/event"
	entvisitor "parley/ent/visitor"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func (w *world) merge(into *ent.Contact, contacts ...*ent.Contact) *ent.Contact {
	w.t.Helper()
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return w.must(w.Merge(w.Admin, contact.MergeContactsInput{IntoContactID: into.ID, ContactIDs: ids}))
}

// about is what a contact has: facts, addresses, numbers, values and lists, conversations,
// visitors and consents.
func (w *world) about(contactID string) string {
	w.t.Helper()
	c := w.by(contactID)
	if c == nil {
		return "gone"
	}
	var numbers []string
	for _, p := range check.Must(w.Phones(w.Admin, []*ent.Contact{c}))(w.t)[0] {
		numbers = append(numbers, p.Number)
	}
	values := ""
	for _, v := range check.Must(property.New(w.Store).Of(w.Admin, vocab.PropertyOfContact, []string{c.ID}, nil))(w.t)[0] {
		values += v.Property.Name + "=" + *v.Text + " "
	}
	lists := ""
	on := check.Must(w.ListsOf(w.Admin, []*ent.Contact{c}, pageOf100))(w.t)[0]
	for _, l := range on.Nodes() {
		lists += l.Name + " "
	}
	client := w.Store.Client(w.System)
	return fmt.Sprintf("%s <%s> %s %s%s| %v %v | %s| %s| %d chats %d visitors %d consents", c.Name, c.Email, c.Country, externalID(c), c.Phone, w.addresses(c.ID), numbers, values, lists,
		check.Must(client.Conversation.Query().Where(entconversation.ContactID(c.ID)).Count(w.System))(w.t),
		check.Must(client.Visitor.Query().Where(entvisitor.ContactID(c.ID)).Count(w.System))(w.t),
		check.Must(client.ConsentRecord.Query().Where(consentrecord.ContactID(c.ID)).Count(w.System))(w.t))
}

func externalID(c *ent.Contact) string {
	if c.ExternalID == nil {
		return ""
	}
	return "#" + *c.ExternalID + " "
}

func (w *world) by(contactID string) *ent.Contact {
	w.t.Helper()
	return check.Must(w.By(w.Admin, contact.ContactKey{ID: &contactID}))(w.t)
}

// CR-1, CR-6: what a merged contact had is the survivor's, whose values win; the old id and
// external id lead to it; and all comes back when it is undone, but for what came since.
func TestMergeAndUndo(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, name := range []string{"tier", "size"} {
			check.Must(property.New(w.Store).Create(w.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: name, Kind: vocab.TextProperty}))(t)
		}
		value := func(name, text string) property.PropertyValueInput {
			return property.PropertyValueInput{Name: name, Text: opt.Of(text)}
		}
		ann, dora := w.create("Ann", "ann@one.example"), w.by(w.ContactID)
		w.change(ann, contact.ContactFacts{ExternalID: opt.Of("A"), Properties: opt.List(value("tier", "gold"))})
		w.change(dora, contact.ContactFacts{ExternalID: opt.Of("D"), Phone: opt.Of("+43 1 234567"), Country: opt.Of("AT"), Properties: opt.List(value("tier", "tin"), value("size", "big"))})
		l := check.Must(w.CreateList(w.Admin, contact.CreateContactListInput{Name: "L"}))(t)
		check.Must(w.AddToList(w.Admin, contact.AddContactsToListInput{ContactListID: l.ID, ContactIDs: []string{dora.ID}}))(t)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ConsentRecord.Create().SetID(id.New(id.Consent)).SetContactID(dora.ID).SetKind(vocab.ConsentCommunicate).
				SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(tx.Now()).Exec(ctx)
		})
		annWas, doraWas := w.about(ann.ID), w.about(dora.ID)
		check.Same(t, annWas, "Ann <ann@one.example>  #A | [ann@one.example] [] | tier=gold | | 0 chats 0 visitors 0 consents")
		check.Same(t, doraWas, "Dora Contact <dora@example.net> AT #D +43 1 234567| [dora@example.net] [+43 1 234567] | size=big tier=tin | L | 2 chats 2 visitors 1 consents")

		check.Same(t, w.merge(ann, dora).ID, ann.ID)
		merged := "Ann <ann@one.example> AT #A +43 1 234567| [ann@one.example dora@example.net] [+43 1 234567] | size=big tier=gold | L | 2 chats 2 visitors 1 consents"
		check.Same(t, []string{w.about(ann.ID), w.about(dora.ID)}, []string{merged, merged})
		check.Same(t, w.must(w.By(w.Admin, contact.ContactKey{ExternalID: new("D")})).ID, ann.ID)
		check.Same(t, w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: dora.ID, ContactFacts: contact.ContactFacts{City: opt.Of("Graz")}})).ID, ann.ID)
		check.Same(t, check.Must(w.MergedIDs(w.Admin, []*ent.Contact{ann}))(t), [][]string{{dora.ID}})
		check.Same(t, w.merge(ann, dora).ID, ann.ID) // part of it already
		_, err := w.Merge(w.Admin, contact.MergeContactsInput{IntoContactID: dora.ID, ContactIDs: []string{ann.ID}})
		w.fails(err, errs.Invalid, "contactIds.0")

		bob := w.create("Bob", "")
		w.merge(bob, ann)
		check.Same(t, w.by(dora.ID).ID, bob.ID)
		_, err = w.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: dora.ID})
		w.fails(err, errs.Conflict, "contactId")
		w.must(w.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: ann.ID}))
		check.Same(t, []string{w.about(ann.ID), w.about(bob.ID)}, []string{merged, "Bob <>  | [] [] | | | 0 chats 0 visitors 0 consents"})

		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error { // came since
			return tx.Client.Conversation.UpdateOneID(w.ConversationIDs[2]).SetContactID(ann.ID).Exec(ctx)
		})
		back := w.must(w.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: dora.ID}))
		check.Same(t, back.ID, dora.ID)
		check.Same(t, w.about(dora.ID), doraWas)
		check.Same(t, w.about(ann.ID), "Ann <ann@one.example>  #A | [ann@one.example] [] | tier=gold | | 1 chats 0 visitors 0 consents")
		_, err = w.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: dora.ID})
		w.fails(err, errs.NotFound, "contactId")

		w.merge(ann, dora)
		w.clock.Advance(31 * 24 * time.Hour)
		check.NoError(t, w.ForgetMerges(t.Context()))
		_, err = w.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: dora.ID})
		w.fails(err, errs.Invalid, "contactId")
		check.Same(t, w.by(dora.ID).ID, ann.ID)
	})
}

// CR-6: a merge is told of both contacts and of each conversation, and repeated calls do
// nothing more.
func TestMergeIsRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ann := w.create("Ann", "")
		in := contact.MergeContactsInput{IntoContactID: ann.ID, ContactIDs: []string{w.ContactID}, IdempotencyKey: new("k")}
		for range 2 {
			w.must(w.Merge(w.Admin, in))
		}
		count := func(types ...vocab.EventType) int {
			return check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.TypeIn(types...)).Count(w.System))(t)
		}
		check.Same(t, []int{count(vocab.ContactMerged), count(vocab.ContactLinked)}, []int{2, 2})
		for field, bad := range map[string]contact.MergeContactsInput{
			"intoContactId": {IntoContactID: "x", ContactIDs: []string{ann.ID}},
			"contactIds":    {IntoContactID: ann.ID},
			"contactIds.1":  {IntoContactID: ann.ID, ContactIDs: []string{w.create("Bob", "").ID, id.New(id.Contact)}},
		} {
			_, err := w.Merge(w.Admin, bad)
			code := errs.NotFound
			if field == "contactIds" {
				code = errs.Required
			}
			w.fails(err, code, field)
		}
		_, err := w.Merge(w.Visitor(0), in)
		w.fails(err, errs.Forbidden, "")
		err = w.Delete(w.Visitor(0), contact.DeleteContactInput{ContactID: ann.ID})
		w.fails(err, errs.Forbidden, "")
	})
}

// CR-1: a deleted contact is gone with those that were merged into it; its conversations
// stay without one.
func TestDeleteContact(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ann, dora := w.create("Ann", "ann@one.example"), w.by(w.ContactID)
		l := check.Must(w.CreateList(w.Admin, contact.CreateContactListInput{Name: "L"}))(t)
		check.Must(w.AddToList(w.Admin, contact.AddContactsToListInput{ContactListID: l.ID, ContactIDs: []string{ann.ID}}))(t)
		w.merge(ann, dora)
		check.NoError(t, w.Delete(w.Admin, contact.DeleteContactInput{ContactID: dora.ID}))
		check.Same(t, []string{w.about(ann.ID), w.about(dora.ID), w.on(l)}, []string{"gone", "gone", "[]"})
		client := w.Store.Client(w.System)
		check.Same(t, check.Must(client.Conversation.Query().Where(entconversation.ContactID("")).Count(w.System))(t), 3)
		again := w.create("Ann", "ann@one.example")
		check.Same(t, again.ID != ann.ID, true)
		w.fails(w.Delete(w.Admin, contact.DeleteContactInput{ContactID: ann.ID}), errs.NotFound, "contactId")
		_, err := w.Create(w.Admin, contact.CreateContactInput{ID: &ann.ID, Name: new("Ann")})
		check.Same(t, err != nil, true)
	})
}

// CR-6: merges while mail and chats come in lose nothing: each conversation has the contact
// who has its address, or its visitor's.
func TestMergesWhileMessagesComeIn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for round := range 60 {
			a, b := w.create("A", fmt.Sprintf("a%d@one.example", round)), w.create("B", fmt.Sprintf("b%d@one.example", round))
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Visitor.UpdateOneID(w.VisitorIDs[0]).SetContactID(b.ID).Exec(ctx)
			})
			var mu sync.Mutex
			mailed, chats := map[string]string{}, []string{}
			begin := func(ctx context.Context, tx *store.Tx, contactID, visitorID string) (string, error) {
				conversationID := id.New(id.Conversation)
				return conversationID, tx.Client.Conversation.Create().SetID(conversationID).SetInboxID(w.InboxIDs[0]).SetChannelID(w.ChannelIDs[0]).
					SetKind(vocab.Chat).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).SetContactID(contactID).SetVisitorID(visitorID).
					SetOpenedAt(1).SetLastMessageAt(1).SetActivityAt(1).SetVisitorActiveAt(1).SetTags([]string{}).Exec(ctx)
			}
			var done sync.WaitGroup
			for i := range 6 {
				done.Go(func() {
					address := []string{a.Email, b.Email}[i%2]
					conversationID := ""
					err := w.Store.WithTx(w.System, func(ctx context.Context, tx *store.Tx) error {
						if i < 4 {
							c, _, err := w.FindOrCreateByEmail(ctx, tx, address, vocab.SourceEmail)
							if err != nil {
								return err
							}
							conversationID, err = begin(ctx, tx, c.ID, "")
							return err
						}
						v, err := tx.Client.Visitor.Query().Where(entvisitor.ID(w.VisitorIDs[0])).Modify(store.ForUpdate).Only(ctx)
						if err != nil {
							return err
						}
						conversationID, err = begin(ctx, tx, v.ContactID, v.ID)
						return err
					})
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						w.t.Error(err)
					}
					if i < 4 {
						mailed[conversationID] = address
					} else {
						chats = append(chats, conversationID)
					}
				})
			}
			done.Go(func() {
				if _, err := w.Merge(w.Admin, contact.MergeContactsInput{IntoContactID: a.ID, ContactIDs: []string{b.ID}}); err != nil {
					w.t.Error(err)
				}
				if round%2 == 1 {
					if _, err := w.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: b.ID}); err != nil {
						w.t.Error(err)
					}
				}
			})
			done.Wait()
			survivors := []string{a.ID}
			if round%2 == 1 {
				survivors = append(survivors, b.ID)
			}
			client := w.Store.Client(w.System)
			for conversationID := range mailed {
				c := check.Must(client.Conversation.Get(w.System, conversationID))(w.t)
				if !slices.Contains(survivors, c.ContactID) {
					w.t.Errorf("round %d: a mail's conversation has %s, want one of %v", round, c.ContactID, survivors)
				}
			}
			for _, conversationID := range chats {
				c := check.Must(client.Conversation.Get(w.System, conversationID))(w.t)
				if !slices.Contains(survivors, c.ContactID) {
					w.t.Errorf("round %d: a chat has %s, want one of %v", round, c.ContactID, survivors)
				}
			}
			if t := check.Must(client.Conversation.Query().Where(entconversation.ContactIDIn(a.ID, b.ID)).Count(w.System))(w.t); t != 6 {
				w.t.Errorf("round %d: %d conversations, want 6", round, t)
			}
		}
	})
}
