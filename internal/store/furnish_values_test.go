package store_test

import (
	"context"

	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// furnishValues gives each kind of record a value of a property: contacts,
// conversations and tickets that are seen by some, and companies and deals by all.
func furnishValues(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c := tx.Client
	contacts, err := c.Contact.Query().IDs(ctx)
	if err != nil {
		return err
	}
	tickets, err := c.Ticket.Query().IDs(ctx)
	if err != nil {
		return err
	}
	for object, records := range map[vocab.PropertyObject][]string{
		vocab.PropertyOfContact: contacts, vocab.PropertyOfConversation: f.ConversationIDs[:], vocab.PropertyOfTicket: tickets,
		vocab.PropertyOfCompany: {"company_1"}, vocab.PropertyOfDeal: {"deal_1"},
	} {
		property := id.New(id.Property)
		if err := c.Property.Create().SetID(property).SetObject(object).SetName("plan").SetLabel("Plan").SetKind(vocab.TextProperty).
			SetOptions([]vocab.PropertyOption{}).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		for _, record := range records {
			if err := c.PropertyValue.Create().SetID(id.New("value")).SetPropertyID(property).SetObject(object).SetRecordID(record).
				SetText("Gold").SetTextKey("gold").Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
