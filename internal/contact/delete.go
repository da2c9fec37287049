package contact

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/ent/contactmerge"
	"parley/ent/contactmove"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Delete deletes a contact for good, and those that were merged into it (CR-1). Their
// conversations, tickets, deals, quotes, engagements and consents stay, without a contact; who writes again from
// one of the addresses is another one.
func (s *Service) Delete(ctx context.Context, in DeleteContactInput) error {
	if err := mayEdit(ctx); err != nil {
		return err
	}
	if !id.Is(in.ContactID, id.Contact) {
		return notFound(in.ContactID)
	}
	call := idempotency.Call{Mutation: "deleteContact", Key: in.IdempotencyKey, Input: in, Result: in.ContactID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := lockContact(ctx, tx, in.ContactID)
		if err != nil {
			return err
		}
		return deleteContact(viewer.AsSystem(ctx, "contacts"), tx, c)
	}, nil)
}

// parted are what stays without the contact.
var parted = []string{
	"UPDATE visitors SET contact_id = '', contact_typed = false, contact_own = false WHERE contact_id = $1 AND account_id = $2",
	"UPDATE channel_senders SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"UPDATE consents SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"UPDATE tickets SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"UPDATE quotes SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"UPDATE quote_views SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"UPDATE deals SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"DELETE FROM record_contacts WHERE contact_id = $1 AND account_id = $2",
	"UPDATE engagements SET contact_id = '' WHERE contact_id = $1 AND account_id || '' = $2", // by the contact's index
	"UPDATE library_shares SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"UPDATE library_openings SET contact_id = '' WHERE contact_id = $1 AND account_id = $2",
	"DELETE FROM associations WHERE record_id = $1 AND account_id = $2",
	"DELETE FROM blocks WHERE sender = $1 AND account_id = $2",
}

func deleteContact(ctx context.Context, tx *store.Tx, c *ent.Contact) error {
	for _, statement := range parted {
		if _, err := tx.Exec(ctx, statement, c.ID, c.AccountID); err != nil {
			return fmt.Errorf("part from a contact: %w", err)
		}
	}
	if err := relink(ctx, tx, "contact_id = $1", c.ID, c, ""); err != nil {
		return err
	}
	lists, err := listsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, l := range lists {
		if err := moveMembers(ctx, tx, l, nil, []string{c.ID}); err != nil {
			return err
		}
	}
	if err := forgetMergesInto(ctx, tx, c.ID); err != nil {
		return err
	}
	if err := tx.DeleteValues(ctx, c.AccountID, c.ID); err != nil {
		return err
	}
	if _, err := tx.Client.ContactEmail.Delete().Where(contactemail.ContactID(c.ID)).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Retire(ctx, "contacts", id.Contact, "id", c.AccountID, c.ID); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ContactDeleted, SubjectID: c.ID})
	return tx.Client.Contact.DeleteOneID(c.ID).Exec(ctx)
}

// forgetMergesInto forgets the contacts that became part of one, also those of these.
func forgetMergesInto(ctx context.Context, tx *store.Tx, contactID string) error {
	for into := []string{contactID}; len(into) > 0; {
		merges, err := tx.Client.ContactMerge.Query().Where(contactmerge.IntoIDIn(into...)).All(ctx)
		if err != nil {
			return err
		}
		into = nil
		for _, m := range merges {
			into = append(into, m.FromID)
			if _, err := tx.Client.ContactMove.Delete().Where(contactmove.MergeID(m.ID)).Exec(ctx); err != nil {
				return err
			}
			if err := tx.DeleteValues(ctx, m.AccountID, m.FromID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "DELETE FROM record_contacts WHERE contact_id = $1 AND account_id = $2", m.FromID, m.AccountID); err != nil {
				return err
			}
			if err := tx.Client.ContactMerge.DeleteOneID(m.ID).Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
