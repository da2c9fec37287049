package library

import (
	"context"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/companydomain"
	entdeal "parley/ent/deal"
	entitem "parley/ent/libraryitem"
	entticket "parley/ent/ticket"
	"parley/internal/contact"
	"parley/internal/crm"
	"parley/internal/id"
	"parley/internal/property"
	"parley/internal/vocab"
)

// Occasion is what a text is filled for.
type Occasion struct {
	// Conversation is nil before there is one; ContactID is the contact then, "": none.
	Conversation *ent.Conversation
	ContactID    string
	// AuthorID is the user, integration or bot that writes.
	AuthorID string
	// Unproved keeps the contact's record to itself, whoever linked it: no one who writes
	// looks at it (CH-9).
	Unproved bool
}

// facts are what placeholders stand for on an occasion, loaded when they are needed.
type facts struct {
	s      *Service
	client *ent.Client
	of     Occasion
}

// values returns what names stand for on an occasion; those without a value are left out.
func (s *Service) values(ctx context.Context, of Occasion, names []string) (map[string]string, error) {
	f, values := &facts{s, s.store.Client(ctx), of}, map[string]string{}
	for _, o := range objects() {
		var fields []string
		for _, name := range names {
			if object, field := split(name); object == o.name {
				fields = append(fields, field)
			}
		}
		if len(fields) == 0 {
			continue
		}
		found, recordID, err := o.load(f, ctx, fields)
		if err != nil {
			return nil, err
		}
		if err := f.addProperties(ctx, o, recordID, fields, found); err != nil {
			return nil, err
		}
		for _, field := range fields {
			if text := found[field]; text != "" {
				values[o.name+"."+field] = text
			}
		}
	}
	return values, nil
}

// addProperties adds what a record has of defined properties.
func (f *facts) addProperties(ctx context.Context, o object, recordID string, fields []string, values map[string]string) error {
	var names []string
	for _, field := range fields {
		if name, ok := strings.CutPrefix(field, defined); ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 || recordID == "" {
		return nil
	}
	lists, err := f.s.properties.Of(ctx, o.properties, []string{recordID}, names)
	if err != nil {
		return err
	}
	for _, v := range lists[0] {
		values[defined+v.Property.Name] = textOf(v)
	}
	return nil
}

// textOf is a value of a defined property as people read it.
func textOf(v *property.Value) string {
	switch {
	case v.Text != nil:
		return *v.Text
	case v.Date != nil:
		return *v.Date
	case v.Number != nil:
		return strconv.FormatFloat(*v.Number, 'f', -1, 64)
	case v.Time.IsSet():
		return v.Time.Time().UTC().Format("2006-01-02 15:04 UTC")
	case v.Boolean != nil:
		return map[bool]string{true: "yes", false: "no"}[*v.Boolean]
	case v.Choice != nil:
		return v.Choice.Label
	}
	labels := make([]string, len(v.Choices))
	for i, c := range v.Choices {
		labels[i] = c.Label
	}
	return strings.Join(labels, ", ")
}

// record is the contact whom a text is for; nil: there is none, or it may not be shown, and
// said is what the visitor says of themselves.
func (f *facts) record(ctx context.Context) (c *ent.Contact, said map[string]string, err error) {
	contactID, said := f.of.ContactID, map[string]string{}
	if c := f.of.Conversation; c != nil {
		contactID = c.ContactID
		about, proved, err := f.visitor(ctx, c)
		if err != nil || !proved || f.of.Unproved || contactID == "" {
			return nil, about, err
		}
	}
	if !id.Is(contactID, id.Contact) {
		return nil, said, nil
	}
	c, err = f.client.Contact.Get(ctx, contactID)
	if ent.IsNotFound(err) {
		return nil, said, nil
	}
	return c, said, err
}

// company is that of the contact, as far as the contact's record may be shown.
func (f *facts) company(ctx context.Context, _ []string) (map[string]string, string, error) {
	of, _, err := f.record(ctx)
	if err != nil || of == nil || of.CompanyID == "" {
		return map[string]string{}, "", err
	}
	c, err := f.client.Company.Get(ctx, of.CompanyID)
	if err != nil {
		return nil, "", err
	}
	domains, err := f.client.CompanyDomain.Query().Where(companydomain.CompanyID(c.ID)).Order(companydomain.ByPlace()).Limit(1).
		Select(companydomain.FieldDomain).Strings(ctx)
	return map[string]string{"name": c.Name, "domain": strings.Join(domains, ""), "industry": c.Industry, "country": c.Country}, c.ID, err
}

func (f *facts) contact(ctx context.Context, _ []string) (map[string]string, string, error) {
	c, said, err := f.record(ctx)
	if err != nil || c == nil {
		return said, "", err
	}
	first, last := contact.PartsOf(c.Name, c.FirstName, c.LastName)
	return map[string]string{
		"name": c.Name, "firstName": first, "lastName": last, "email": c.Email, "phone": c.Phone, "jobTitle": c.JobTitle, "language": c.Language,
		"country": c.Country, "city": c.City,
	}, c.ID, nil
}

// visitor returns what the visitor of a chat said of themselves, and whether the chat's
// contact may be shown to them: an address that someone typed proves nothing (CH-9), unless
// the team linked the contact.
func (f *facts) visitor(ctx context.Context, c *ent.Conversation) (said map[string]string, proved bool, err error) {
	said = map[string]string{}
	if c.VisitorID == "" {
		return said, true, nil
	}
	v, err := f.client.Visitor.Get(ctx, c.VisitorID)
	if ent.IsNotFound(err) {
		return said, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	first, last := contact.PartsOf(v.Name, "", "")
	said = map[string]string{"name": v.Name, "firstName": first, "lastName": last, "email": v.Email, "language": v.Language}
	if c.ContactByHand || !v.ContactTyped || v.ContactOwn {
		return said, true, nil
	}
	a, err := f.client.Account.Get(ctx, c.AccountID)
	return said, err == nil && a.TrustTypedAddresses, err
}

func (f *facts) user(ctx context.Context, fields []string) (map[string]string, string, error) {
	values := map[string]string{}
	switch {
	case id.Is(f.of.AuthorID, id.User):
		u, err := f.client.User.Get(ctx, f.of.AuthorID)
		if err != nil {
			return nil, "", err
		}
		values["name"], values["email"] = u.Name, u.Email
	case id.Is(f.of.AuthorID, id.Integration):
		program, err := f.client.Integration.Get(ctx, f.of.AuthorID)
		if err != nil {
			return nil, "", err
		}
		values["name"] = program.Name
	case id.Is(f.of.AuthorID, id.Bot):
		b, err := f.client.Bot.Get(ctx, f.of.AuthorID)
		if err != nil {
			return nil, "", err
		}
		values["name"] = b.Name
	}
	values["firstName"], _ = contact.PartsOf(values["name"], "", "")
	for _, field := range fields {
		if "user."+field == meetingLink {
			link, err := f.s.ownMeetingLink(ctx, f.of)
			if err != nil {
				return nil, "", err
			}
			values[field] = link
		}
	}
	return values, "", nil
}

// ownMeetingLink is the first meeting link of whoever writes; "": they have none.
func (s *Service) ownMeetingLink(ctx context.Context, of Occasion) (string, error) {
	item, err := s.store.Client(ctx).LibraryItem.Query().
		Where(entitem.OwnerID(of.AuthorID), entitem.KindEQ(vocab.MeetingLinkItem), entitem.ArchivedAt(0)).Order(entitem.ByCreatedAt(), entitem.ByID()).First(ctx)
	if ent.IsNotFound(err) || of.AuthorID == "" {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	address, _, err := s.meetingAddress(ctx, item, of)
	return address, err
}

func (f *facts) conversation(ctx context.Context, _ []string) (map[string]string, string, error) {
	c := f.of.Conversation
	if c == nil {
		return map[string]string{}, "", nil
	}
	if c.InboxID == "" { // of a trial
		return map[string]string{"subject": c.Subject}, "", nil
	}
	inbox, err := f.client.Inbox.Get(ctx, c.InboxID)
	if err != nil {
		return nil, "", err
	}
	return map[string]string{"subject": c.Subject, "inbox": inbox.Name}, c.ID, nil
}

// ticket is the conversation's, the newest one if it has several.
func (f *facts) ticket(ctx context.Context, _ []string) (map[string]string, string, error) {
	if f.of.Conversation == nil {
		return map[string]string{}, "", nil
	}
	t, err := f.client.Ticket.Query().Where(entticket.ConversationID(f.of.Conversation.ID)).Order(ent.Desc(entticket.FieldCreatedAt, entticket.FieldID)).First(ctx)
	if ent.IsNotFound(err) {
		return map[string]string{}, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	stage, err := f.client.PipelineStage.Get(ctx, t.StageID)
	if err != nil {
		return nil, "", err
	}
	priority := ""
	if t.Priority != vocab.PriorityNone {
		priority = strings.ToLower(string(t.Priority))
	}
	return map[string]string{"number": "#" + strconv.Itoa(t.Number), "subject": t.Subject, "stage": stage.Name, "priority": priority}, t.ID, nil
}

// deal is the conversation's, the newest one if it has several.
func (f *facts) deal(ctx context.Context, _ []string) (map[string]string, string, error) {
	if f.of.Conversation == nil {
		return map[string]string{}, "", nil
	}
	d, err := f.client.Deal.Query().Where(entdeal.ConversationID(f.of.Conversation.ID)).Order(ent.Desc(entdeal.FieldCreatedAt, entdeal.FieldID)).First(ctx)
	if ent.IsNotFound(err) {
		return map[string]string{}, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	stage, err := f.client.PipelineStage.Get(ctx, d.StageID)
	if err != nil {
		return nil, "", err
	}
	amount, err := crm.Amount(d)
	if err != nil {
		return nil, "", err
	}
	values := map[string]string{"name": d.Name, "stage": stage.Name}
	if amount != nil {
		values["amount"] = amount.Value + " " + amount.Currency
	}
	return values, d.ID, nil
}
