package contact

import (
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"

	entcontact "parley/ent/contact"
	"parley/ent/contactemail"
	"parley/ent/contactlistmember"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// maxFilterValues is the most values of a list in a filter.
const maxFilterValues = 100

// ContactFilter narrows a list of contacts. All that is given must hold; within a list,
// any. The range of time is half-open: after <= t < before.
type ContactFilter struct {
	Query          *string
	ContactListID  *string
	Emails         []string
	ExternalIDs    []string
	CreatedAfter   *clock.Micros
	CreatedBefore  *clock.Micros
	LastSeenAfter  *clock.Micros
	LastSeenBefore *clock.Micros
	// OwnerIDs, CompanyIDs and LifecycleStages are any of these; nil: no matter.
	OwnerIDs        []string
	CompanyIDs      []string
	LifecycleStages []vocab.LifecycleStage
	Properties      []vocab.PropertyCondition
}

// clean returns the filter as it is applied; "" is as if left out. Errors blame the
// field below "filter".
func (f ContactFilter) clean() (ContactFilter, error) {
	if text := f.text(); f.Query != nil {
		f.Query = orNull(text)
	}
	if f.ContactListID != nil && *f.ContactListID == "" {
		f.ContactListID = nil
	}
	if f.ContactListID != nil && !id.Is(*f.ContactListID, id.ContactList) {
		return f, errs.New(errs.Invalid, "%q is not the id of a list.", errs.Clip(*f.ContactListID)).On("filter", "contactListId")
	}
	for _, l := range []struct {
		field  string
		values []string
	}{{"emails", f.Emails}, {"externalIds", f.ExternalIDs}, {"ownerIds", f.OwnerIDs}, {"companyIds", f.CompanyIDs}} {
		if n := len(l.values); n > maxFilterValues {
			return f, errs.Exceeds(maxFilterValues, "%s has %d values; at most %d are allowed.", l.field, n, maxFilterValues).On("filter", l.field)
		}
		for i, s := range l.values {
			if !store.Storable(s) {
				return f, errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(s)).On("filter", l.field, strconv.Itoa(i))
			}
		}
	}
	if f.Emails != nil {
		lower := make([]string, len(f.Emails))
		for i, address := range f.Emails {
			lower[i] = strings.ToLower(strings.TrimSpace(address))
		}
		f.Emails = lower
	}
	if f.LastSeenAfter != nil && f.LastSeenBefore != nil && *f.LastSeenBefore < *f.LastSeenAfter {
		return f, errs.New(errs.Invalid, "The range ends before it starts.").On("filter", "lastSeenBefore")
	}
	if f.CreatedAfter != nil && f.CreatedBefore != nil && *f.CreatedBefore < *f.CreatedAfter {
		return f, errs.New(errs.Invalid, "The range ends before it starts.").On("filter", "createdBefore")
	}
	return f, nil
}

// narrow leaves of contacts those that the filter admits, but for its query.
func (f ContactFilter) narrow(s *sql.Selector) {
	d := sql.Dialect(s.Dialect())
	if f.ContactListID != nil {
		m := d.Table(contactlistmember.Table)
		s.Where(sql.In(s.C(entcontact.FieldID), d.Select(m.C(contactlistmember.FieldContactID)).From(m).Where(sql.And(
			sql.EQ(m.C(contactlistmember.FieldListID), *f.ContactListID), sql.EQ(m.C(contactlistmember.FieldAccountID), sql.Expr(s.C(entcontact.FieldAccountID)))))))
	}
	if f.Emails != nil {
		m := d.Table(contactemail.Table)
		s.Where(sql.In(s.C(entcontact.FieldID), d.Select(m.C(contactemail.FieldContactID)).From(m).Where(sql.And(
			sql.EQ(m.C(contactemail.FieldAccountID), sql.Expr(s.C(entcontact.FieldAccountID))), sql.In(m.C(contactemail.FieldAddress), anys(f.Emails)...)))))
	}
	if f.ExternalIDs != nil {
		s.Where(sql.In(s.C(entcontact.FieldExternalID), anys(f.ExternalIDs)...))
	}
	if f.OwnerIDs != nil {
		s.Where(sql.In(s.C(entcontact.FieldOwnerID), anys(named(f.OwnerIDs))...))
	}
	if f.CompanyIDs != nil {
		s.Where(sql.In(s.C(entcontact.FieldCompanyID), anys(named(f.CompanyIDs))...))
	}
	if f.LifecycleStages != nil {
		s.Where(sql.In(s.C(entcontact.FieldLifecycleStage), anys(f.LifecycleStages)...))
	}
	f.narrowSeen(s)
	if f.CreatedAfter != nil {
		s.Where(sql.GTE(s.C(entcontact.FieldCreatedAt), int64(*f.CreatedAfter)))
	}
	if f.CreatedBefore != nil {
		s.Where(sql.LT(s.C(entcontact.FieldCreatedAt), int64(*f.CreatedBefore)))
	}
}

func (f ContactFilter) narrowSeen(s *sql.Selector) {
	if f.LastSeenAfter != nil {
		s.Where(sql.GTE(s.C(entcontact.FieldLastSeenAt), int64(*f.LastSeenAfter)))
	}
	if f.LastSeenBefore != nil {
		s.Where(sql.And(sql.LT(s.C(entcontact.FieldLastSeenAt), int64(*f.LastSeenBefore)), sql.GT(s.C(entcontact.FieldLastSeenAt), 0)))
	}
}
