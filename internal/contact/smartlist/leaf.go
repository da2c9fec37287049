package smartlist

import (
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent/consentrecord"
	entcontact "parley/ent/contact"
	"parley/ent/contactemail"
	"parley/ent/contactlistmember"
	entconversation "parley/ent/conversation"
	entinbox "parley/ent/inbox"
	"parley/ent/propertyvalue"
	"parley/internal/clock"
	"parley/internal/property"
	"parley/internal/vocab"
)

// leaf is one condition. Its rows are the contacts that have what it asks for, with the
// time of it where a range of time is asked for: microseconds, or what its window takes.
type leaf struct {
	// rows selects them among contacts: the leaf's number, the contact, the time.
	rows func(s source) *sql.Selector
	// pages is set in the place of rows.
	pages *ContactPageViewConditionInput
	// window is when what was found is in the range of time; nil: at any time.
	window func(at clock.Micros) span
	// found are the rows.
	found map[string]clock.Micros
}

// source is what the rows of a leaf are selected from.
type source struct {
	*sql.DialectBuilder
	number int
	among  []any
}

// newLeaf makes a condition that holds together.
func newLeaf(in *ContactListCriteriaInput, k known) (*leaf, error) {
	switch {
	case in.Property != nil:
		return propertyLeaf(in, k)
	case in.PropertyDate != nil:
		return dateLeaf(in, k), nil
	case in.Languages != nil:
		return contactLeaf(func(s *sql.Selector) { s.Where(speaks(s, in.Languages)) }), nil
	case in.Countries != nil:
		return columnLeaf(entcontact.FieldCountry, in.Countries), nil
	case in.LifecycleStages != nil:
		return columnLeaf(entcontact.FieldLifecycleStage, in.LifecycleStages), nil
	case in.OwnerIDs != nil:
		return columnLeaf(entcontact.FieldOwnerID, in.OwnerIDs), nil
	case in.Sources != nil:
		return columnLeaf(entcontact.FieldSource, in.Sources), nil
	case in.EmailDomains != nil:
		return domainLeaf(in.EmailDomains), nil
	case in.Time != nil:
		return timeLeaf(in.Time), nil
	case in.Conversation != nil:
		return conversationLeaf(in.Conversation, k), nil
	case in.Consent != nil:
		return consentLeaf(in.Consent), nil
	case in.PageView != nil:
		return &leaf{pages: in.PageView, window: (&ContactListTimeRangeInput{WithinDays: in.PageView.WithinDays}).window()}, nil
	}
	return listLeaf(*in.ContactListID), nil
}

// head makes a selector of the leaf's number, the contact in a column, and a time.
func (s source) head(t *sql.SelectTable, contact, at string) *sql.Selector {
	q := s.Select().From(t)
	q.AppendSelectExprAs(sql.Raw(strconv.Itoa(s.number)), "leaf")
	q.AppendSelectAs(t.C(contact), "contact_id")
	if at == "" {
		q.AppendSelectExprAs(sql.Raw("0"), "at")
	} else {
		q.AppendSelectAs(at, "at")
	}
	return q.Where(sql.In(t.C(contact), s.among...))
}

// contactLeaf is one on the contact's own row.
func contactLeaf(narrow func(*sql.Selector)) *leaf {
	return &leaf{rows: func(s source) *sql.Selector {
		q := s.head(s.Table(entcontact.Table), entcontact.FieldID, "")
		narrow(q)
		return q
	}}
}

func columnLeaf[T ~string](column string, values []T) *leaf {
	return contactLeaf(func(s *sql.Selector) { s.Where(sql.In(s.C(column), anys(values)...)) })
}

// speaks is any of some languages: "de" also is "de-AT".
func speaks(s *sql.Selector, languages []string) *sql.Predicate {
	spoken := []*sql.Predicate{sql.In(s.C(entcontact.FieldLanguage), anys(languages)...)}
	for _, l := range languages {
		if !strings.Contains(l, "-") {
			spoken = append(spoken, sql.HasPrefix(s.C(entcontact.FieldLanguage), l+"-"))
		}
	}
	return sql.Or(spoken...)
}

func propertyLeaf(in *ContactListCriteriaInput, k known) (*leaf, error) {
	test, err := property.On(*in.Property, k.property(in))
	if err != nil {
		return nil, err
	}
	return contactLeaf(func(s *sql.Selector) { test.Narrow(s, entcontact.FieldID) }), nil
}

// dateLeaf finds the day or the time that contacts have of a property.
func dateLeaf(in *ContactListCriteriaInput, k known) *leaf {
	p := k.property(in)
	window := in.PropertyDate.Range.ofTime
	if p.Kind == vocab.DateProperty {
		window = func(day clock.Micros) span { return in.PropertyDate.Range.ofDay(int(day), k.zone) }
	}
	return &leaf{window: window, rows: func(s source) *sql.Selector {
		v := s.Table(propertyvalue.Table)
		at := "CAST(" + v.C(propertyvalue.FieldNumberKey) + " AS BIGINT)"
		return s.head(v, propertyvalue.FieldRecordID, at).Where(sql.EQ(v.C(propertyvalue.FieldPropertyID), p.ID))
	}}
}

func domainLeaf(domains []string) *leaf {
	return &leaf{rows: func(s source) *sql.Selector {
		e := s.Table(contactemail.Table)
		ends := make([]*sql.Predicate, len(domains))
		for i, domain := range domains {
			ends[i] = sql.HasSuffix(e.C(contactemail.FieldAddress), "@"+domain)
		}
		return s.head(e, contactemail.FieldContactID, "").Where(sql.Or(ends...))
	}}
}

func timeLeaf(in *ContactTimeConditionInput) *leaf {
	column := map[vocab.ContactTime]string{
		vocab.ContactTimeCreated: entcontact.FieldCreatedAt, vocab.ContactTimeFirstSeen: entcontact.FieldFirstSeenAt,
		vocab.ContactTimeLastSeen: entcontact.FieldLastSeenAt, vocab.ContactTimeContacted: entcontact.FieldContactedAt,
	}[in.Field]
	return &leaf{window: in.Range.window(), rows: func(s source) *sql.Selector {
		c := s.Table(entcontact.Table)
		return s.head(c, entcontact.FieldID, c.C(column)).Where(sql.GT(c.C(column), 0))
	}}
}

// conversationLeaf finds the last message of the conversations that are asked for. Those
// that are filtered, in the trash, or of deleted inboxes do not count.
func conversationLeaf(in *ContactConversationConditionInput, k known) *leaf {
	return &leaf{window: in.LastMessage.window(), rows: func(s source) *sql.Selector {
		c, i := s.Table(entconversation.Table), s.Table(entinbox.Table)
		q := s.head(c, entconversation.FieldContactID, sql.Max(c.C(entconversation.FieldLastMessageAt))).GroupBy(c.C(entconversation.FieldContactID)).
			Where(sql.And(sql.EQ(c.C(entconversation.FieldDeletedAt), 0), sql.EQ(c.C(entconversation.FieldFiltered), 0),
				sql.In(c.C(entconversation.FieldInboxID), s.Select(i.C(entinbox.FieldID)).From(i).Where(sql.And(
					sql.EQ(i.C(entinbox.FieldDeletedAt), 0), sql.EQ(i.C(entinbox.FieldAccountID), sql.Expr(c.C(entconversation.FieldAccountID))))))))
		if in.InboxID != nil {
			q.Where(sql.EQ(c.C(entconversation.FieldInboxID), *in.InboxID))
		}
		if in.Kind != nil {
			q.Where(sql.In(c.C(entconversation.FieldKind), storedKinds(*in.Kind)...))
		}
		if in.Status != nil {
			q.Where(sql.EQ(c.C(entconversation.FieldStatus), string(*in.Status)))
		}
		if in.Tags != nil {
			q.Where(tagged(c.C(entconversation.FieldTags), k.tagIDs(in.Tags)))
		}
		return q
	}}
}

// tagIDs are the ids by which conversations have one of some tags.
func (k known) tagIDs(words []string) (ids []string) {
	for _, word := range words {
		ids = append(ids, k.tags[word]...)
	}
	return ids
}

// tagged is a conversation that has one of some tags.
func tagged(column string, ids []string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		if b.Dialect() == dialect.Postgres {
			b.WriteString("jsonb_exists_any(").Ident(column).WriteString(", ARRAY[").Args(anys(ids)...).WriteString("]::text[])")
			return
		}
		b.WriteString("EXISTS (SELECT 1 FROM json_each(").Ident(column).WriteString(") WHERE value IN (").Args(anys(ids)...).WriteString("))")
	})
}

func consentLeaf(in *ContactConsentConditionInput) *leaf {
	return &leaf{rows: func(s source) *sql.Selector {
		c := s.Table(consentrecord.Table)
		q := s.head(c, consentrecord.FieldContactID, "").
			Where(sql.And(sql.EQ(c.C(consentrecord.FieldKind), string(in.Kind)), sql.EQ(c.C(consentrecord.FieldWithdrawnAt), 0)))
		if in.ContactSubscriptionTypeID != nil {
			q.Where(sql.EQ(c.C(consentrecord.FieldSubscriptionTypeID), *in.ContactSubscriptionTypeID))
		}
		return q
	}}
}

func listLeaf(listID string) *leaf {
	return &leaf{rows: func(s source) *sql.Selector {
		m := s.Table(contactlistmember.Table)
		return s.head(m, contactlistmember.FieldContactID, "").Where(sql.EQ(m.C(contactlistmember.FieldListID), listID))
	}}
}

func anys[T ~string](list []T) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = string(s)
	}
	return all
}

// storedKinds are the kinds that a shown one stands for, as SQL compares them.
func storedKinds(shown vocab.ChannelKind) []any {
	var kinds []any
	for _, k := range vocab.StoredKinds([]vocab.ChannelKind{shown}) {
		kinds = append(kinds, string(k))
	}
	return kinds
}
