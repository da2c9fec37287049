package contact

import (
	"context"
	"slices"

	entcontact "parley/ent/contact"
	"parley/ent/contactemail"
	"parley/ent/contactlistmember"
)

// fewLimit is up to how many contacts a list starts from those of an owner, and the like.
const fewLimit = 2_000

// startFew looks for a field of the filter that has few contacts, which an index knows: the
// list starts from them, where its order would have it test all others.
func (l *list) startFew(ctx context.Context) error {
	f, client := l.filter, l.s.store.Client(ctx)
	// Of one owner, company or stage an index has the contacts by when they were made.
	indexed := func(values int) bool { return values == 1 && l.listing.Column == entcontact.FieldCreatedAt }
	contacts := client.Contact.Query
	for _, field := range []struct {
		asked bool
		find  func() ([]string, error)
	}{
		{f.Emails != nil, func() ([]string, error) {
			return client.ContactEmail.Query().Where(contactemail.AddressIn(f.Emails...)).Limit(fewLimit + 1).Select(contactemail.FieldContactID).Strings(ctx)
		}},
		{f.ContactListID != nil, func() ([]string, error) {
			return client.ContactListMember.Query().Where(contactlistmember.ListID(*f.ContactListID)).Limit(fewLimit + 1).Select(contactlistmember.FieldContactID).Strings(ctx)
		}},
		{f.OwnerIDs != nil && !indexed(len(f.OwnerIDs)), func() ([]string, error) {
			return contacts().Where(entcontact.OwnerIDIn(named(f.OwnerIDs)...)).Limit(fewLimit + 1).IDs(ctx)
		}},
		{f.CompanyIDs != nil && !indexed(len(f.CompanyIDs)), func() ([]string, error) {
			return contacts().Where(entcontact.CompanyIDIn(named(f.CompanyIDs)...)).Limit(fewLimit + 1).IDs(ctx)
		}},
		{f.LifecycleStages != nil && !indexed(len(f.LifecycleStages)), func() ([]string, error) {
			return contacts().Where(entcontact.LifecycleStageIn(f.LifecycleStages...)).Limit(fewLimit + 1).IDs(ctx)
		}},
	} {
		if !field.asked {
			continue
		}
		ids, err := field.find()
		if err != nil {
			return err
		}
		if len(ids) <= fewLimit {
			l.startFrom(ids)
		}
	}
	return nil
}

// startFrom has the list start from these, if they are the fewest.
func (l *list) startFrom(ids []string) {
	if l.start != nil && len(l.start) <= len(ids) {
		return
	}
	l.start = slices.Compact(slices.Sorted(slices.Values(ids)))
	if l.start == nil {
		l.start = []string{}
	}
}

// named leaves out the empty id, which stands for no one.
func named(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
}
