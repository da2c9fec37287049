package library_test

import (
	"context"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func (w *world) preview(ctx context.Context, markdown string) *library.ReplyPreview {
	w.t.Helper()
	return check.Must(w.Preview(ctx, library.PreviewReplyInput{ConversationID: w.ConversationIDs[0], Markdown: &markdown}, nil))(w.t)
}

// CO-2: a text is filled for its conversation and its author, and says what is missing.
func TestFilling(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			property := id.New(id.Property)
			if err := tx.Client.Property.Create().SetID(property).SetObject(vocab.PropertyOfContact).SetName("plan").SetLabel("Plan").SetKind(vocab.TextProperty).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			if err := tx.Client.PropertyValue.Create().SetID(id.New("value")).SetPropertyID(property).SetObject(vocab.PropertyOfContact).SetRecordID(w.ContactID).SetText("Gold").SetTextKey("gold").Exec(ctx); err != nil {
				return err
			}
			company := id.New(id.Company)
			if err := tx.Client.Company.Create().SetID(company).SetName("Acme").SetCountry("AT").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			if err := tx.Client.CompanyDomain.Create().SetID(id.New("domain")).SetCompanyID(company).SetDomain("acme.example").SetPlace(1).Exec(ctx); err != nil {
				return err
			}
			if err := tx.Client.Contact.UpdateOneID(w.ContactID).SetCompanyID(company).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.Conversation.UpdateOneID(w.ConversationIDs[0]).SetSubject("Parcel").Exec(ctx)
		})
		for text, want := range map[string]string{
			"Hi {{contact.firstName | \"there\"}}, {{user.firstName}} here":                   "Hi Dora, Ben here",
			"{{contact.properties.plan}} {{conversation.inbox}}":                              "Gold Sales",
			"{{conversation.subject}} {{ticket.number | \"none\"}}":                           "Parcel none",
			"{{company.name}} ({{company.domain}}), {{company.country}} {{company.industry}}": "Acme (acme.example), AT {{company.industry}} missing company.industry",
			"{{contact.phone}} {{deal.name}} {{nothing.at_all}}":                              "{{contact.phone}} {{deal.name}} {{nothing.at_all}} missing contact.phone deal.name",
		} {
			p := w.preview(w.Agent(0), text)
			got := p.Text
			if len(p.Missing) > 0 {
				got += " missing " + strings.Join(p.Missing, " ")
			}
			check.Same(t, got, want)
		}
		of := library.Occasion{Conversation: check.Must(w.Store.Client(w.System).Conversation.Get(w.System, w.ConversationIDs[0]))(t), AuthorID: w.AgentIDs[0]}
		_, err := w.Complete(w.Agent(0), of, library.Text{Markdown: check.Ptr("{{contact.phone}}")})
		check.Refused(t, err, errs.MissingPlaceholder, "markdown")
	})
}

// CO-2: a placeholder that is not known is refused when an item is saved, with its place and
// what there is.
func TestUnknownPlaceholders(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		for text, want := range map[string]string{
			"Hi\n {{contact.nam}}":        "Line 2, column 2: {{contact.nam}}",
			"{{contact}}":                 "Line 1, column 1: {{contact}}",
			"{{user.properties.plan}}":    "Line 1, column 1",
			"{{contact.properties.plan}}": "There are: contact.name, ",
		} {
			_, err := w.snippet(w.Agent(0), text)
			check.Refused(t, err, errs.Invalid, "markdown")
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		check.Must(w.snippet(w.Agent(0), "Write `{{contact.nam}}` or \\{{x"))(t)
		_, err := w.Create(w.Agent(0), create{Kind: vocab.TemplateItem, Name: "T", ItemFacts: library.ItemFacts{HTML: opt.Of("<p>Hi</p>"), Subject: opt.Of("{{x.y}}")}})
		check.Refused(t, err, errs.Invalid, "subject")
	})
}

// CH-9: what a contact's record says is not shown to a visitor who only typed the address.
func TestUnprovedContactIsNotFilled(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		alter := func(change func(*ent.VisitorUpdateOne)) {
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				u := tx.Client.Visitor.UpdateOneID(w.VisitorIDs[0])
				change(u)
				return u.Exec(ctx)
			})
		}
		alter(func(u *ent.VisitorUpdateOne) { u.SetContactTyped(true).SetName("Eve Visitor") })
		check.Same(t, w.preview(w.Agent(0), "Hi {{contact.name}}").Text, "Hi Eve Visitor")
		check.Same(t, w.preview(w.Agent(0), "{{contact.email}}").Missing, []string{"contact.email"})
		check.Same(t, w.preview(w.Agent(0), "{{company.name}}").Missing, []string{"company.name"})
		alter(func(u *ent.VisitorUpdateOne) { u.SetContactOwn(true) })
		check.Same(t, w.preview(w.Agent(0), "Hi {{contact.name}}").Text, "Hi Dora Contact")
	})
}

// CO-8: a meeting link leads to the page of whoever writes, with the contact's data in its
// query; the card says with whom.
func TestMeetingLinks(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Contact.UpdateOneID(w.ContactID).SetName("Dora & Co").Exec(ctx)
		})
		pattern := "https://cal.example.com/ana?name={{contact.name}}&email={{contact.email}}&phone={{contact.phone}}"
		item := check.Must(w.Create(w.Agent(0), create{Kind: vocab.MeetingLinkItem, Name: "Demo", ItemFacts: library.ItemFacts{URL: opt.Of(pattern), DurationMinutes: opt.Of(30),
			UserLinks: opt.List(library.LibraryUserLinkInput{UserID: w.AgentIDs[1], URL: "https://cal.example.com/cleo"}),
		}}))(t)
		card := func(ctx context.Context) []string {
			got := check.Must(w.Insert(ctx, library.InsertLibraryItemInput{LibraryItemID: item.ID, ConversationID: &w.ConversationIDs[0]}))(t)
			return []string{got.Card.Title, got.Card.URL, got.Markdown}
		}
		check.Same(t, card(w.Agent(0)), []string{"Book a time with Cleo Agent, 30 minutes", "https://cal.example.com/cleo", ""})
		item = check.Must(w.Update(w.Agent(0), library.UpdateLibraryItemInput{LibraryItemID: item.ID, ItemFacts: library.ItemFacts{UserLinks: opt.List[library.LibraryUserLinkInput]()}}))(t)
		check.Same(t, card(w.Agent(0)), []string{"Book a time with Ben Agent, 30 minutes", "https://cal.example.com/ana?name=Dora+%26+Co&email=dora%40example.net&phone=", ""})
		check.Same(t, w.preview(w.Agent(0), "Book: {{user.meetingLink}}").Missing, []string{})
		check.Same(t, w.preview(w.Agent(1), "Book: {{user.meetingLink}}").Missing, []string{"user.meetingLink"})
		for _, bad := range []string{"http://cal.example.com", "https://{{contact.name}}.example.com/", "javascript:alert(1)", "https://ana@cal.example.com", "https://cal.example.com/?x={{a.b}}"} {
			_, err := w.Create(w.Agent(0), create{Kind: vocab.MeetingLinkItem, Name: "Demo", ItemFacts: library.ItemFacts{URL: opt.Of(bad)}})
			check.Refused(t, err, errs.Invalid, "url")
		}
	})
}
