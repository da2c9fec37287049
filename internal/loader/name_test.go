package loader_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-4: every conversation has a name and a title: its contact's, its visitor's, that
// of a participant of its mail, or one made of an id that stays the same.
func TestDisplayNames(t *testing.T) {
	t.Parallel()
	eachLoader(t, func(t *testing.T, l *harness) {
		named, nameless, visitor, anonymous := id.New(id.Contact), id.New(id.Contact), id.New(id.Visitor), id.New(id.Visitor)
		mail, lost := id.New(id.Conversation), id.New(id.Conversation)
		l.Write(l.System, func(ctx context.Context, tx *store.Tx) error {
			for _, c := range []*ent.ContactCreate{
				tx.Client.Contact.Create().SetID(named).SetName("Ada").SetEmail("ada@example.com").SetCreatedAt(1),
				tx.Client.Contact.Create().SetID(nameless).SetEmail("bo@example.com").SetCreatedAt(1),
			} {
				if err := c.Exec(ctx); err != nil {
					return err
				}
			}
			for i, v := range []string{visitor, anonymous} {
				if err := tx.Client.Visitor.Create().SetID(v).SetInboxID(l.InboxIDs[0]).SetChannelID(l.ChannelIDs[0]).
					SetName([]string{"Cy", ""}[i]).SetCreatedAt(1).Exec(ctx); err != nil {
					return err
				}
			}
			for i, c := range []string{mail, lost} {
				if err := tx.Client.Conversation.Create().SetID(c).SetInboxID(l.InboxIDs[0]).SetChannelID(l.ChannelIDs[0]).SetKind(vocab.Email).
					SetFolder(vocab.FolderMain).SetStatus(vocab.Open).SetOpenedAt(1).SetLastMessageAt(1).SetActivityAt(1).SetVisitorActiveAt(1).
					SetTags([]string{}).Exec(ctx); err != nil {
					return err
				}
				if i == 0 {
					if err := tx.Client.Participant.Create().SetID(id.New("participant")).SetInboxID(l.InboxIDs[0]).SetConversationID(c).
						SetAddress("dot@example.com").Exec(ctx); err != nil {
						return err
					}
				}
			}
			return nil
		})
		rows := []*ent.Conversation{
			{ID: "1", ContactID: named, VisitorID: visitor, Subject: "An invoice"}, {ID: "2", ContactID: nameless}, {ID: "3", VisitorID: visitor},
			{ID: "4", VisitorID: anonymous}, {ID: mail}, {ID: lost}, {ID: "7", VisitorID: id.New(id.Visitor) + "x"},
		}
		names := check.Must(l.DisplayNames(l.Admin, rows))(t)
		check.Same(t, names, []string{
			"Ada", "bo@example.com", "Cy", vocab.AnonymousName("Visitor", anonymous), "dot@example.com", vocab.AnonymousName("Sender", lost),
			vocab.AnonymousName("Visitor", rows[6].VisitorID),
		})
		titles := check.Must(l.Titles(l.Admin, rows))(t)
		check.Same(t, titles, append([]string{"An invoice"}, names[1:]...))
		check.Same(t, len(check.Must(l.Titles(l.Admin, nil))(t)), 0)
	})
}
