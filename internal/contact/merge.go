package contact

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/contactmerge"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// MaxMerged is how many contacts one call merges.
	MaxMerged = 20
	// maxParts is how many contacts become part of one.
	maxParts = 100
)

// Merge makes contacts part of another, whose values win (CR-1, CR-6): their conversations,
// visitors, consents, blocks, records, lists, addresses and values become its own, and their
// ids lead to it. One that is part of it already is passed over.
func (s *Service) Merge(ctx context.Context, in MergeContactsInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	switch n := len(in.ContactIDs); {
	case n == 0:
		return nil, errs.New(errs.Required, "Pass at least one contact.").On("contactIds")
	case n > MaxMerged:
		return nil, errs.Exceeds(MaxMerged, "There are %d contacts; at most %d are allowed in one call.", n, MaxMerged).On("contactIds")
	}
	if !id.Is(in.IntoContactID, id.Contact) {
		return nil, errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(in.IntoContactID)).On("intoContactId")
	}
	var into *ent.Contact
	call := idempotency.Call{Mutation: "mergeContacts", Key: in.IdempotencyKey, Input: in, Result: in.IntoContactID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		into, err = mergeAll(ctx, tx, in)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		into, err = findContact(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return into, nil
}

// mergeAll merges the contacts one after the other. All are locked in the order of their
// ids, in which everyone locks them.
func mergeAll(ctx context.Context, tx *store.Tx, in MergeContactsInput) (*ent.Contact, error) {
	survivor, err := findContact(ctx, tx, in.IntoContactID)
	if e := errs.Of(err); e != nil {
		return nil, e.On("intoContactId")
	}
	if err != nil {
		return nil, err
	}
	ids := []string{survivor.ID}
	var faults []error
	for i, contactID := range in.ContactIDs {
		c, err := findContact(ctx, tx, contactID)
		switch e := errs.Of(err); {
		case e != nil:
			faults = append(faults, e.On("contactIds", strconv.Itoa(i)))
		case err != nil:
			return nil, err
		case contactID == survivor.ID || contactID == in.IntoContactID:
			faults = append(faults, errs.New(errs.Invalid, "A contact cannot be merged into itself.").On("contactIds", strconv.Itoa(i)))
		case !slices.Contains(ids, c.ID):
			ids = append(ids, c.ID)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	locked, err := lockAll(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	parts, err := tx.Client.ContactMerge.Query().Where(contactmerge.IntoID(survivor.ID)).Count(ctx)
	if err != nil {
		return nil, err
	}
	if n := parts + len(ids) - 1; n > maxParts {
		return nil, errs.Exceeds(maxParts, "%d contacts would be merged into it; at most %d are allowed.", n, maxParts).On("contactIds")
	}
	into := locked[slices.IndexFunc(locked, func(c *ent.Contact) bool { return c.ID == survivor.ID })]
	for _, contactID := range ids[1:] {
		from := locked[slices.IndexFunc(locked, func(c *ent.Contact) bool { return c.ID == contactID })]
		if err := (merge{id.New("merge"), from, into}).mergeContact(viewer.AsSystem(ctx, "contacts"), tx); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// mergeContact makes one contact part of the other.
func (m merge) mergeContact(ctx context.Context, tx *store.Tx) error {
	if err := m.moveRows(ctx, tx); err != nil {
		return err
	}
	if err := m.moveLists(ctx, tx); err != nil {
		return err
	}
	filled := m.fill()
	if err := m.keepMerge(ctx, tx, filled); err != nil {
		return err
	}
	if err := tx.Retire(ctx, "contacts", id.Contact, "id", m.from.AccountID, m.from.ID); err != nil {
		return err
	}
	if err := tx.Client.Contact.DeleteOneID(m.from.ID).Exec(ctx); err != nil {
		return err
	}
	if err := saveMerged(ctx, tx, m.into); err != nil {
		return err
	}
	m.record(ctx, tx, vocab.ContactMerged)
	recordChange(ctx, tx, m.into, store.NamedChanges(append(filled, "emails", "phones")...))
	return nil
}

// record reports the merge, or its undoing, on both contacts.
func (m merge) record(ctx context.Context, tx *store.Tx, t vocab.EventType) {
	for _, subject := range []string{m.from.ID, m.into.ID} {
		tx.Append(ctx, store.Event{Type: t, SubjectID: subject, Changes: []vocab.FieldChange{{Field: "contact", From: &m.from.ID, To: &m.into.ID}}})
	}
}

// fill has the survivor know what only the other knew, and returns the names of it. A name
// comes with its parts.
func (m merge) fill() []string {
	was, other := factsOf(m.into), factsOf(m.from)
	known := was
	named := known.name != ""
	others := other.all(givenFacts{})
	for i, one := range known.all(givenFacts{}) {
		if parts := one.name == "firstName" || one.name == "lastName"; *one.is == "" && (!parts || !named) {
			*one.is = *others[i].is
		}
	}
	setFacts(m.into, known)
	m.into.LastSeenAt = max(m.into.LastSeenAt, m.from.LastSeenAt)
	m.into.ContactedAt = max(m.into.ContactedAt, m.from.ContactedAt)
	m.into.WrittenAt = max(m.into.WrittenAt, m.from.WrittenAt)
	m.into.TranscriptsRefusedAt = max(m.into.TranscriptsRefusedAt, m.from.TranscriptsRefusedAt)
	if m.into.FirstSeenAt == 0 || m.from.FirstSeenAt != 0 && m.from.FirstSeenAt < m.into.FirstSeenAt {
		m.into.FirstSeenAt = m.from.FirstSeenAt
	}
	return known.differences(was)
}

// keepMerge remembers the merge: the old id leads to the survivor from now on.
func (m merge) keepMerge(ctx context.Context, tx *store.Tx, filled []string) error {
	snapshot, err := json.Marshal(m.from)
	if err != nil {
		return err
	}
	names, err := json.Marshal(filled)
	if err != nil {
		return err
	}
	external := ""
	if m.from.ExternalID != nil && (m.into.ExternalID == nil || *m.into.ExternalID != *m.from.ExternalID) {
		external = *m.from.ExternalID
	}
	return tx.Client.ContactMerge.Create().SetID(m.id).SetFromID(m.from.ID).SetIntoID(m.into.ID).SetExternalID(external).
		SetSnapshot(string(snapshot)).SetFilled(string(names)).SetMergedAt(tx.Now()).Exec(ctx)
}

// saveMerged writes a contact's whole row.
func saveMerged(ctx context.Context, tx *store.Tx, c *ent.Contact) error {
	if err := tx.Client.Contact.UpdateOneID(c.ID).SetFirstSeenAt(c.FirstSeenAt).SetLastSeenAt(c.LastSeenAt).SetContactedAt(c.ContactedAt).
		SetWrittenAt(c.WrittenAt).SetTranscriptsRefusedAt(c.TranscriptsRefusedAt).Exec(ctx); err != nil {
		return err
	}
	return account.ExternalIDTaken(rowOf(tx, c).Exec(ctx), "contact")
}
