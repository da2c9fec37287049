package conversation_test

import (
	"context"
	"strings"
	"testing"

	"parley/ent"
	entshare "parley/ent/libraryshare"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// item makes an item of the library in the first agent's name.
func (d *suite) item(kind vocab.LibraryItemKind, facts library.ItemFacts) *ent.LibraryItem {
	d.T.Helper()
	return check.Must(library.New(d.Store, "https://parley.example.com").Create(d.Agent(0), library.CreateLibraryItemInput{Kind: kind, Name: "Demo", ItemFacts: facts}))(d.T)
}

func (d *suite) sendsItems(ctx context.Context, change func(*conversation.SendMessageInput)) (*ent.Message, error) {
	in := conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0])}
	change(&in)
	m, _, err := d.SendMessage(ctx, in)
	return m, err
}

// CO-6, CO-8: items and links become cards of a message, which then needs no text; a
// tracked one has a link of its own, and what is sent is counted.
func TestCards(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		meeting := d.item(vocab.MeetingLinkItem, library.ItemFacts{URL: opt.Of("https://cal.example.com/ben?email={{contact.email}}"), DurationMinutes: opt.Of(30)})
		link := d.item(vocab.LinkItem, library.ItemFacts{URL: opt.Of("https://example.com/prices"), Description: opt.Of("All of them")})
		m := check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) {
			in.LibraryItemIDs = []string{meeting.ID, link.ID}
			in.Links = []library.MessageLinkInput{{URL: "http://example.org/a", Title: check.Ptr("Terms")}, {URL: "https://example.net"}}
		}))(t)
		share := check.Must(d.Store.Client(d.System).LibraryShare.Query().Where(entshare.MessageID(m.ID)).Only(d.System))(t)
		check.Same(t, m.Cards, []vocab.MessageCard{
			{Kind: vocab.MeetingLinkItem, LibraryItemID: meeting.ID, Title: "Book a time with Ben Agent, 30 minutes", URL: "https://parley.example.com/l/" + share.Token, ButtonText: "Book a time"},
			{Kind: vocab.LinkItem, LibraryItemID: link.ID, Title: "Demo", Description: "All of them", URL: "https://example.com/prices", ButtonText: "Open"},
			{Kind: vocab.LinkItem, Title: "Terms", URL: "http://example.org/a", ButtonText: "Open"},
			{Kind: vocab.LinkItem, Title: "example.net", URL: "https://example.net", ButtonText: "Open"},
		})
		check.Same(t, share.URL, "https://cal.example.com/ben?email=dora%40example.net")
		check.Same(t, d.Row(d.ConversationIDs[0]).Preview, "Book a time with Ben Agent, 30 minutes, Demo, Terms, example.net")
		check.Same(t, d.Found(d.Agent(0), "terms"), []string{d.ConversationIDs[0]})
		used := check.Must(d.Store.Client(d.System).LibraryItem.Get(d.System, link.ID))(t)
		check.Same(t, []any{used.UsageCount, used.LastUsedAt.IsSet(), used.Revision}, []any{1, true, 1})
		check.Same(t, len(check.Must(d.EraseAs(d.Agent(0), m))(t).Cards), 0)

		for _, bad := range []struct {
			change func(*conversation.SendMessageInput)
			code   errs.Code
			field  string
		}{
			{func(in *conversation.SendMessageInput) { in.LibraryItemIDs = []string{"x"} }, errs.NotFound, "libraryItemIds.0"},
			{func(in *conversation.SendMessageInput) { in.LibraryItemIDs = []string{link.ID, link.ID} }, errs.Invalid, "libraryItemIds.1"},
			{func(in *conversation.SendMessageInput) { in.Links = []library.MessageLinkInput{{URL: "javascript:x"}} }, errs.Invalid, "links.0.url"},
			{func(in *conversation.SendMessageInput) {
				in.Links, in.Note = []library.MessageLinkInput{{URL: "https://a.example"}}, true
			}, errs.Invalid, "links"},
			{func(in *conversation.SendMessageInput) { in.Links = make([]library.MessageLinkInput, 11) }, errs.TooLong, "links"},
		} {
			_, err := d.sendsItems(d.Agent(0), bad.change)
			check.Refused(t, err, bad.code, strings.Split(bad.field, ".")...)
		}
		snippet := d.item(vocab.SnippetItem, library.ItemFacts{Markdown: opt.Of("Text"), UsableBy: opt.Of(vocab.LibraryOwner)})
		_, err := d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.LibraryItemIDs = []string{snippet.ID} })
		check.Refused(t, err, errs.Required, "text")
		_, err = d.sendsItems(d.Agent(1), func(in *conversation.SendMessageInput) { in.LibraryItemIDs = []string{snippet.ID} })
		check.Refused(t, err, errs.NotFound, "libraryItemIds", "0")
	})
}

// CO-2: what is sent is filled, and nothing goes out without a value.
func TestPlaceholdersOfWhatIsSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		m := check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) {
			in.Markdown = check.Ptr("Hi **{{contact.firstName}}**, {{contact.phone | \"no phone\"}}, {{what.ever}}")
		}))(t)
		check.Same(t, []string{m.Text, m.Markdown}, []string{"Hi Dora, no phone, {{what.ever}}", "Hi **Dora**, no phone, {{what.ever}}"})
		m = check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.HTML = check.Ptr("<p>Hi {{contact.firstName}}</p>") }))(t)
		check.Same(t, []string{m.Text, m.HTML}, []string{"Hi Dora", "<p>Hi Dora</p>"})
		m = check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.Text = check.Ptr("Hi {{contact.firstName}}") }))(t)
		check.Same(t, m.Text, "Hi {{contact.firstName}}")
		m = check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.Markdown, in.Note = check.Ptr("{{contact.phone}}"), true }))(t)
		check.Same(t, m.Text, "{{contact.phone}}")
		before := d.Row(d.ConversationIDs[0]).LastNumber
		_, err := d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.Markdown = check.Ptr("Hi {{contact.phone}}") })
		check.Refused(t, err, errs.MissingPlaceholder, "markdown")
		_, err = d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.HTML = check.Ptr("<p>{{contact.phone}}</p>") })
		check.Refused(t, err, errs.MissingPlaceholder, "html")
		check.Same(t, d.Row(d.ConversationIDs[0]).LastNumber, before)
	})
}
