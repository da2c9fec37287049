package visitor

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/channel/chat/targeting"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxFields is the most fields, or properties, of one call.
const maxFields = 20

// field is what a message asks for, or a page may say: a name, a phone number, or a property,
// which may be archived since.
type field struct {
	vocab.CaptureField
	of *ent.Property // of PROPERTY
}

// isAsked reports whether the field can still be filled in.
func (f field) isAsked() bool { return f.of == nil || !f.of.ArchivedAt.IsSet() }

// SubmitFields keeps what a visitor fills in of the fields that a targeted message asks for
// (TM-5), and writes it to their contact once it may be (CH-9). CONSENT_REQUIRED as in
// StartChat; FIELDS_REQUIRED if a field that goes with those is missing; RATE_LIMITED.
func (s *Service) SubmitFields(ctx context.Context, in SubmitVisitorFieldsInput) (*ent.Visitor, error) {
	return s.actAsVisitor(ctx, "submitVisitorFields", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, me *ent.Visitor) error {
		if err := s.admitAnswers(ctx, tx, v); err != nil {
			return err
		}
		m, err := fieldsMessage(ctx, tx, me, in)
		if err != nil {
			return err
		}
		if err := mayCapture(ctx, tx, me, m); err != nil {
			return err
		}
		if len(in.Fields) == 0 {
			return errs.New(errs.Required, "Pass at least one field.").On("fields")
		}
		given := map[vocab.CaptureFieldTime]bool{}
		asked, err := fieldsOf(ctx, tx.Client, m)
		if err != nil {
			return err
		}
		if err := s.keepFields(ctx, tx, me, asked, in.Fields, "fields"); err != nil {
			return err
		}
		for _, f := range asked {
			if slices.ContainsFunc(in.Fields, func(a VisitorFieldInput) bool { return a.Field == f.Key() }) {
				given[f.When] = true
			}
		}
		return mustBeFilled(ctx, tx.Client, me, asked, func(f field) bool { return given[f.When] })
	})
}

// SetProperties keeps what a page says of its visitor (CH-9): as what they type, it is a
// claim until they prove who they are. CONSENT_REQUIRED as in CaptureEmail; RATE_LIMITED.
func (s *Service) SetProperties(ctx context.Context, in SetVisitorPropertiesInput) (*ent.Visitor, error) {
	return s.actAsVisitor(ctx, "setVisitorProperties", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, me *ent.Visitor) error {
		if err := s.admitAnswers(ctx, tx, v); err != nil {
			return err
		}
		m, err := askingMessage(ctx, tx, me, nil)
		if err != nil {
			return err
		}
		if err := mayCapture(ctx, tx, me, m); err != nil {
			return err
		}
		names := make([]string, len(in.Properties))
		for i, p := range in.Properties {
			names[i] = p.Field
		}
		found, err := property.Lookup(ctx, tx.Client, vocab.PropertyOfContact, names[:min(len(names), maxFields)])
		if err != nil {
			return err
		}
		known := []field{{CaptureField: vocab.CaptureField{Kind: vocab.CaptureName}}, {CaptureField: vocab.CaptureField{Kind: vocab.CapturePhone}}}
		for _, p := range found {
			known = append(known, field{vocab.CaptureField{Kind: vocab.CaptureProperty, PropertyID: p.ID}, p})
		}
		said := slices.Clone(in.Properties)
		for i, p := range said {
			if of := found[p.Field]; of != nil && p.Field != vocab.SuggestedName && p.Field != vocab.SuggestedPhone {
				said[i].Field = of.ID
			}
		}
		return s.keepFields(ctx, tx, me, known, said, "properties")
	})
}

// fieldsMessage returns the targeted message whose fields a visitor fills in: NOT_FOUND on
// conversationId and targetedMessageId, REQUIRED where there is none.
func fieldsMessage(ctx context.Context, tx *store.Tx, me *ent.Visitor, in SubmitVisitorFieldsInput) (*ent.TargetedMessage, error) {
	if in.ConversationID != nil {
		gone := notFound(*in.ConversationID)
		if !id.Is(*in.ConversationID, id.Conversation) {
			return nil, gone
		}
		c, err := tx.Client.Conversation.Query().
			Where(entconversation.ID(*in.ConversationID), entconversation.VisitorID(me.ID), entconversation.DeletedAt(0)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, gone
		}
		if err != nil {
			return nil, err
		}
		return required(targeting.OfChat(ctx, tx, c))
	}
	m, err := required(askingMessage(ctx, tx, me, in.TargetedMessageID))
	if err != nil {
		return nil, err
	}
	return targeting.AsShown(ctx, tx, m, in.TargetedMessageVersion)
}

func required(m *ent.TargetedMessage, err error) (*ent.TargetedMessage, error) {
	if err == nil && m == nil {
		err = errs.New(errs.Required, "Name the targeted message that asks for the fields.").On("targetedMessageId")
	}
	return m, err
}

// fieldsOf loads the fields that a message asks for, with those of archived properties.
func fieldsOf(ctx context.Context, client *ent.Client, m *ent.TargetedMessage) ([]field, error) {
	found, err := property.Lookup(ctx, client, vocab.PropertyOfContact, targeting.PropertiesOf(m.EmailCapture.Fields))
	if err != nil {
		return nil, err
	}
	var list []field
	for _, f := range m.EmailCapture.Fields {
		of := found[f.PropertyID]
		if f.Kind != vocab.CaptureProperty || of != nil {
			list = append(list, field{f, of})
		}
	}
	return list, nil
}

// keepFields keeps what a visitor says of fields, within the caller's transaction. Errors
// blame the path, and the place in it: NOT_FOUND for a field that is not asked for, INVALID,
// TOO_LONG.
func (s *Service) keepFields(ctx context.Context, tx *store.Tx, me *ent.Visitor, asked []field, said []VisitorFieldInput, path string) error {
	if n := len(said); n > maxFields {
		return errs.Exceeds(maxFields, "There are %d fields; at most %d are allowed.", n, maxFields).On(path)
	}
	region := ""
	if len(said) > 0 {
		a, err := tx.Client.Account.Get(ctx, me.AccountID)
		if err != nil {
			return err
		}
		region = a.PhoneRegion
	}
	before, seen := slices.Clone(me.Suggested), map[string]bool{}
	for i, one := range said {
		at := strconv.Itoa(i)
		place := slices.IndexFunc(asked, func(f field) bool { return f.Key() == one.Field })
		switch {
		case place < 0:
			return errs.New(errs.NotFound, "%q is not asked for here.", errs.Clip(one.Field)).On(path, at, "field")
		case !asked[place].isAsked():
			return errs.New(errs.Invalid, "The property %q is archived: it is no longer asked for.", asked[place].of.Name).On(path, at, "field")
		case seen[one.Field]:
			return errs.New(errs.Invalid, "%q is listed twice.", one.Field).On(path, at, "field")
		}
		seen[one.Field] = true
		value, err := asked[place].readText(one, region)
		if e := errs.Of(err); e != nil {
			return e.On(path, at, "value")
		}
		if err != nil {
			return err
		}
		me.Suggested = withClaim(me.Suggested, one.Field, value)
		me.Answered = withAnswer(me.Answered, vocab.AnsweredField{Key: one.Field, Empty: value == ""})
		if one.Field == vocab.SuggestedName && value != "" {
			me.Name = value
		}
	}
	if !slices.Equal(before, me.Suggested) {
		if err := s.conversations.RecordSuggested(ctx, tx, me.ID); err != nil {
			return err
		}
	}
	return s.linkContact(ctx, tx, me, me.Email, me.ContactID, me.ContactTyped)
}

// readText returns a value as it is kept; "": none.
func (f field) readText(said VisitorFieldInput, region string) (string, error) {
	text := ""
	if said.Value != nil {
		text = *said.Value
	}
	if len(said.Values) > 0 {
		switch {
		case said.Value != nil:
			return "", errs.New(errs.Invalid, "Give value or values, not both.")
		case f.of == nil || f.of.Kind != vocab.ChoicesProperty:
			return "", errs.New(errs.Invalid, "This has one value: give value.")
		case len(said.Values) > property.MaxOptions:
			return "", errs.Exceeds(property.MaxOptions, "There are %d options; at most %d are allowed.", len(said.Values), property.MaxOptions)
		}
		text = strings.Join(said.Values, "\n")
	}
	switch f.Kind {
	case vocab.CaptureName:
		return contact.CleanName(text, "value")
	case vocab.CapturePhone:
		return contact.CheckPhone(text, region)
	}
	return property.CleanText(f.of, text)
}

// withAnswer returns answers with one in the place of an earlier one of the field.
func withAnswer(answers []vocab.AnsweredField, a vocab.AnsweredField) []vocab.AnsweredField {
	others := slices.DeleteFunc(slices.Clone(answers), func(o vocab.AnsweredField) bool { return o.Key == a.Key })
	return append(others, a)
}

// unanswered are the fields that a visitor has yet to be asked for: neither did they answer,
// nor does their contact have it, if it is proved (CH-9). One that is required does not do
// with an empty answer. nil: a new visitor.
func unanswered(ctx context.Context, client *ent.Client, me *ent.Visitor, asked []field) ([]field, error) {
	filled, left := map[string]bool{}, map[string]bool{}
	if me != nil && len(asked) > 0 {
		filled[vocab.SuggestedName] = me.Name != ""
		for _, a := range me.Answered {
			filled[a.Key], left[a.Key] = filled[a.Key] || !a.Empty, a.Empty
		}
		for _, c := range me.Suggested {
			filled[c.Property] = true
		}
		if err := addKnown(ctx, client, me, asked, filled); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(asked), func(f field) bool {
		return !f.isAsked() || filled[f.Key()] || !f.Required && left[f.Key()]
	}), nil
}

// addKnown adds what the contact of a proved visitor has.
func addKnown(ctx context.Context, client *ent.Client, me *ent.Visitor, asked []field, filled map[string]bool) error {
	proved, err := isProved(ctx, client, me)
	if err != nil || !proved {
		return err
	}
	c, err := client.Contact.Get(ctx, me.ContactID)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	filled[vocab.SuggestedName] = filled[vocab.SuggestedName] || c.Name != ""
	filled[vocab.SuggestedPhone] = filled[vocab.SuggestedPhone] || c.Phone != ""
	var ids []string
	for _, f := range asked {
		if f.of != nil {
			ids = append(ids, f.of.ID)
		}
	}
	had, err := property.Having(ctx, client, c.ID, ids)
	for _, propertyID := range had {
		filled[propertyID] = true
	}
	return err
}

// mustBeFilled refuses a visitor who left out a required field that is due: FIELDS_REQUIRED
// on fields, with the keys of those.
func mustBeFilled(ctx context.Context, client *ent.Client, me *ent.Visitor, asked []field, isDue func(field) bool) error {
	open, err := unanswered(ctx, client, me, asked)
	if err != nil {
		return err
	}
	var missing, labels []string
	for _, f := range open {
		if f.Required && isDue(f) {
			missing, labels = append(missing, f.Key()), append(labels, f.label(strings.ToLower(string(f.Kind))))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errs.New(errs.FieldsRequired, "The visitor must first fill in: %s.", strings.Join(labels, ", ")).On("fields").Having(errs.Data{Missing: missing})
}

// label is the field's own, or the property's, or the usual one.
func (f field) label(usual string) string {
	switch {
	case f.Label != "":
		return f.Label
	case f.of != nil:
		return f.of.Label
	}
	return usual
}

// keepFirstFields keeps what came with a first message, and refuses to do without what is
// required before a chat (TM-5).
func (s *Service) keepFirstFields(ctx context.Context, tx *store.Tx, me *ent.Visitor, m *ent.TargetedMessage, said []VisitorFieldInput) error {
	asked, err := fieldsOf(ctx, tx.Client, m)
	if err != nil {
		return err
	}
	if len(said) > 0 {
		if err := s.keepFields(ctx, tx, me, asked, said, "fields"); err != nil {
			return err
		}
	}
	return mustBeFilled(ctx, tx.Client, me, asked, func(f field) bool {
		return f.When == vocab.FieldBeforeChat || m.EmailCapture.Timing == vocab.CaptureBeforeChat
	})
}

// FormField is what a visitor is asked to fill in (TM-5).
type FormField struct {
	Key, Label string
	Kind       vocab.WidgetFieldKind
	Options    []*vocab.PropertyOption
	Required   bool
	When       vocab.CaptureFieldTime
}

// fillFields fills in what the visitor has yet to be asked for.
func (m *Message) fillFields(ctx context.Context, client *ent.Client, w *Widget) error {
	asked, err := fieldsOf(ctx, client, m.TargetedMessage)
	if err != nil {
		return err
	}
	open, err := unanswered(ctx, client, w.Visitor, asked)
	for _, f := range open {
		shown := &FormField{Key: f.Key(), Kind: vocab.WidgetFieldKind(f.Kind), Required: f.Required, When: f.When, Options: []*vocab.PropertyOption{}}
		shown.Label = f.label(w.Words.Get("field." + string(f.Kind)))
		if f.of != nil {
			shown.Kind = vocab.WidgetFieldKind(f.of.Kind)
			for i, o := range f.of.Options {
				if !o.Archived {
					shown.Options = append(shown.Options, &f.of.Options[i])
				}
			}
		}
		m.Fields = append(m.Fields, shown)
	}
	return err
}
