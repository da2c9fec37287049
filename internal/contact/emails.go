package contact

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/store"
)

// Address is an e-mail address of a contact, as it is shown.
type Address struct {
	Email    string
	Primary  bool
	Verified bool
	Label    *string
}

// EmailAddresses returns what is known of each address of each contact, the main one
// first, with one query.
func (s *Service) EmailAddresses(ctx context.Context, contacts []*ent.Contact) ([][]*Address, error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	rows, err := s.store.Client(ctx).ContactEmail.Query().Where(contactemail.ContactIDIn(ids...)).Order(contactemail.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*Address, len(contacts))
	for i, c := range contacts {
		lists[i] = []*Address{}
		for _, row := range rows {
			if row.ContactID == c.ID {
				lists[i] = append(lists[i], &Address{row.Address, row.Address == c.Email, row.Verified, orNull(row.Label)})
			}
		}
		slices.SortStableFunc(lists[i], func(a, b *Address) int { return rank(a.Primary) - rank(b.Primary) })
	}
	return lists, nil
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// maxEmailLabel is the most characters of what addresses and numbers are called.
const maxEmailLabel = 50

// cleanEmails returns addresses as they are kept.
func cleanEmails(inputs []ContactEmailInput) ([]ContactEmailInput, error) {
	if n := len(inputs); n > maxAddresses {
		return nil, errs.Exceeds(maxAddresses, "There are %d addresses; at most %d are allowed.", n, maxAddresses).On("emails")
	}
	list, seen := slices.Clone(inputs), map[string]bool{}
	for i := range list {
		at := func(field string) []string { return []string{"emails", strconv.Itoa(i), field} }
		clean, err := account.CleanEmail(list[i].Email, "email")
		if e := errs.Of(err); e != nil {
			err = e.On(at("email")...)
		}
		if err == nil && seen[clean] {
			err = errs.New(errs.Invalid, "The address %s is listed twice.", clean).On(at("email")...)
		}
		if err == nil && list[i].Label != nil {
			var label string
			label, err = optionalLine(*list[i].Label, maxEmailLabel, at("label")...)
			list[i].Label = &label
		}
		if err != nil {
			return nil, err
		}
		list[i].Email, seen[clean] = clean, true
	}
	return list, nil
}

// setEmails gives a locked contact the addresses, and takes others off it. It returns
// the main one, and whether anything changed.
func setEmails(ctx context.Context, tx *store.Tx, c *ent.Contact, inputs []ContactEmailInput) (main string, changed bool, err error) {
	list, err := cleanEmails(inputs)
	if err != nil {
		return "", false, err
	}
	ordered, err := order(list, func(in ContactEmailInput) bool { return in.Primary != nil && *in.Primary }, "emails")
	if err != nil {
		return "", false, err
	}
	if len(ordered) > 0 {
		main = ordered[0].Email
	}
	rows, err := tx.Client.ContactEmail.Query().Where(contactemail.ContactID(c.ID)).All(ctx)
	if err != nil {
		return "", false, err
	}
	there := map[string]*ent.ContactEmail{}
	for _, row := range rows {
		there[row.Address] = row
	}
	for i, in := range list {
		did, err := setEmail(ctx, tx, c, there[in.Email], in, i)
		if err != nil {
			return "", false, err
		}
		changed = changed || did
		delete(there, in.Email)
	}
	for address := range there {
		changed = true
		if _, err := tx.Client.ContactEmail.Delete().Where(contactemail.ContactID(c.ID), contactemail.Address(address)).Exec(ctx); err != nil {
			return "", false, err
		}
	}
	return main, changed, nil
}

// setEmail makes or changes one address, and reports whether it did.
func setEmail(ctx context.Context, tx *store.Tx, c *ent.Contact, row *ent.ContactEmail, in ContactEmailInput, place int) (bool, error) {
	isNew := row == nil
	if isNew {
		got, err := claimAddress(ctx, tx, c, in.Email)
		if err == nil && !got {
			err = errs.New(errs.AlreadyExists, "Another contact already has the address %s.", in.Email).On("emails", strconv.Itoa(place), "email")
		}
		if err != nil {
			return false, err
		}
		row = &ent.ContactEmail{}
	}
	label, verified := row.Label, row.Verified
	if in.Label != nil {
		label = *in.Label
	}
	if in.Verified != nil {
		verified = *in.Verified
	}
	if label == row.Label && verified == row.Verified {
		return isNew, nil
	}
	return true, tx.Client.ContactEmail.Update().Where(contactemail.ContactID(c.ID), contactemail.Address(in.Email)).
		SetLabel(label).SetVerified(verified).Exec(ctx)
}

// Verify notes that an address is known to be its contact's: a visitor proved it (CR-10).
func (s *Service) Verify(ctx context.Context, tx *store.Tx, contactID, address string) error {
	_, err := tx.Exec(ctx, "UPDATE contact_emails SET verified = $1 WHERE contact_id = $2 AND address = $3 AND verified = $4", true, contactID, address, false)
	return err
}
