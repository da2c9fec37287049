package contact

import (
	"context"
	"encoding/json"
	"slices"

	"parley/ent"
	"parley/ent/contactlist"
	"parley/internal/account"
	"parley/internal/contact/smartlist"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// MaxSmartLists is the most smart lists of an account: each change of a contact is compared
// with all of them.
const MaxSmartLists = 100

// Smart returns what criteria say of lists, and why they cannot be evaluated; a static list
// has none (CR-4).
func (s *Service) Smart(ctx context.Context, lists []*ent.ContactList) ([]*smartlist.List, error) {
	p, err := smartlist.Prepare(ctx, s.store.Client(ctx), lists)
	if err != nil {
		return nil, err
	}
	all := make([]*smartlist.List, len(lists))
	for i, l := range lists {
		all[i] = &smartlist.List{ContactList: l}
		for _, smart := range p.Lists {
			if smart.ID == l.ID {
				all[i] = smart
			}
		}
	}
	return all, nil
}

// StateOf says whether the contacts on a list are those that it is for.
func StateOf(l *smartlist.List) vocab.ContactListState {
	switch {
	case len(l.Problems) > 0:
		return vocab.ListSuspended
	case l.Filling:
		return vocab.ListFilling
	}
	return vocab.ListReady
}

// changeCriteria gives a smart list other criteria.
func changeCriteria(ctx context.Context, tx *store.Tx, l *ent.ContactList, to opt.Value[*smartlist.ContactListCriteriaInput]) error {
	criteria, err := opt.NotNull(to, "criteria")
	if criteria == nil || err != nil {
		return err
	}
	if _, err := smartlist.Clean(ctx, tx.Client, criteria); err != nil {
		return err
	}
	if l.Criteria == "" {
		return errs.New(errs.Invalid, "The list is static: make another one for criteria.").On("criteria")
	}
	return setCriteria(ctx, tx, l, criteria)
}

// setCriteria checks criteria, and has the list filled by them, unless it is already. Whoever
// else changes lists waits until the transaction ends, so that no circle arises.
func setCriteria(ctx context.Context, tx *store.Tx, l *ent.ContactList, in *smartlist.ContactListCriteriaInput) error {
	if err := account.Lock(ctx, tx); err != nil {
		return err
	}
	criteria, err := smartlist.Clean(ctx, tx.Client, in)
	if err != nil {
		return err
	}
	smart, err := smartLists(ctx, tx)
	if err != nil {
		return err
	}
	if l.Criteria == "" && len(smart) >= MaxSmartLists {
		return errs.Exceeds(MaxSmartLists, "The account has %d smart lists, as many as are allowed.", len(smart)).On("criteria")
	}
	if err := refuseLoop(smart, l.ID, criteria); err != nil {
		return err
	}
	stored, err := json.Marshal(criteria)
	if err != nil || l.Criteria == string(stored) {
		return err
	}
	if l.Criteria != "" {
		tx.Append(ctx, store.Event{Type: vocab.ContactListUpdated, SubjectID: l.ID, Changes: store.NamedChanges("criteria")})
	}
	l.Criteria = string(stored)
	if err := tx.Client.ContactList.UpdateOneID(l.ID).SetCriteria(l.Criteria).Exec(ctx); err != nil {
		return err
	}
	return refill(ctx, tx, l)
}

// smartLists are the account's lists with criteria, in the order of their ids.
func smartLists(ctx context.Context, tx *store.Tx) ([]*ent.ContactList, error) {
	return tx.Client.ContactList.Query().Where(contactlist.CriteriaNEQ("")).Order(contactlist.ByID()).All(ctx)
}

// refuseLoop refuses criteria that lead back to the list that they are of.
func refuseLoop(smart []*ent.ContactList, listID string, criteria *smartlist.ContactListCriteriaInput) error {
	next := map[string][]string{}
	for _, l := range smart {
		c, err := smartlist.Parse(l.Criteria)
		if err != nil {
			return err
		}
		next[l.ID] = c.Lists()
	}
	seen := map[string]bool{}
	var leads func(from string) bool
	leads = func(from string) bool {
		if from == listID {
			return true
		}
		if seen[from] {
			return false
		}
		seen[from] = true
		return slices.ContainsFunc(next[from], leads)
	}
	if slices.ContainsFunc(criteria.Lists(), leads) {
		return errs.New(errs.Invalid, "The criteria lead back to the list itself.").On("criteria")
	}
	return nil
}
