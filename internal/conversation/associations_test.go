package conversation_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CR-3: what a conversation has belongs to it by itself, and what someone adds or takes off
// stays so; the records themselves stay.
func TestAssociations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		company, other := id.New(id.Company), id.New(id.Company)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			for _, one := range []string{company, other} {
				if err := tx.Client.Company.Create().SetID(one).SetName("Acme").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
					return err
				}
			}
			return tx.Client.Contact.UpdateOneID(d.ContactID).SetCompanyID(company).Exec(ctx)
		})
		deal := check.Must(crm.New(d.Store).CreateDeal(d.Agent(0), crm.CreateDealInput{ConversationID: &c}))(t)
		has := func() (lines []string) {
			t.Helper()
			for _, a := range check.Must(d.Associations(d.Agent(0), []*ent.Conversation{d.Row(c)}))(t)[0] {
				line := string(a.Kind) + " " + string(a.Source)
				if a.Main {
					line += " main"
				}
				lines = append(lines, line)
			}
			return lines
		}
		check.Same(t, has(), []string{"CONTACT RULE main", "COMPANY RULE", "DEAL CREATED_HERE"})
		associate := func(recordID string) error {
			_, err := d.AssociateRecord(d.Agent(0), conversation.AssociateRecordInput{Target: conversation.On(c), RecordID: recordID})
			return err
		}
		dissociate := func(recordID string) error {
			_, err := d.DissociateRecord(d.Agent(0), conversation.DissociateRecordInput{Target: conversation.On(c), RecordID: recordID})
			return err
		}
		events := d.EventsOf(func() { check.NoError(t, associate(other)); check.NoError(t, associate(other)) })
		check.Same(t, []any{len(events), events[0].Type, events[0].Changes}, []any{1, vocab.ConversationUpdated, []vocab.FieldChange{{Field: "associations", To: &other}}})
		check.NoError(t, dissociate(deal.ID))
		check.NoError(t, dissociate(deal.ID))
		check.Same(t, has(), []string{"CONTACT RULE main", "COMPANY RULE", "COMPANY MANUAL"})
		check.NoError(t, associate(deal.ID))
		check.NoError(t, dissociate(other))
		check.Same(t, has(), []string{"CONTACT RULE main", "COMPANY RULE", "DEAL CREATED_HERE"})
		check.Refused(t, dissociate(d.ContactID), errs.Invalid, "recordId")
		check.Refused(t, associate(id.New(id.Ticket)), errs.NotFound, "recordId")
		check.Refused(t, associate(d.AgentIDs[0]), errs.NotFound, "recordId")
		check.Same(t, check.Must(d.Store.Client(d.System).Deal.Get(d.System, deal.ID))(t).ID, deal.ID)
	})
}
