package conversation_test

import (
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/testkit/check"
)

// IN-14, API-22: Markdown makes a message's text and HTML, and is kept as it was written,
// also in what an edit replaces.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, c := d.Agent(0), d.ConversationIDs[0]
		in := conversation.SendMessageInput{Target: conversation.On(c), Markdown: check.Ptr("See **this**:\r\n\r\n- [docs](https://a.example/x)")}
		m, row, err := d.SendMessage(me, in)
		check.Must(m, err)(t)
		check.Same(t, []string{m.Text, m.Markdown}, []string{"See this:\n\n- docs (https://a.example/x)", "See **this**:\n\n- [docs](https://a.example/x)"})
		if !strings.HasPrefix(m.HTML, "<p>See <strong>this</strong>:</p>\n<ul>") {
			t.Errorf("HTML: %s", m.HTML)
		}
		check.Same(t, row.Preview, "See this: - docs (https://a.example/x)")
		check.Same(t, d.Found(me, "docs"), []string{c})

		m = check.Must(d.EditMessage(me, conversation.EditMessageInput{MessageID: m.ID, Markdown: check.Ptr("*Better*")}))(t)
		check.Same(t, []string{m.Text, m.HTML, conversation.MarkdownOf(m)}, []string{"Better", "<p><em>Better</em></p>", "*Better*"})
		m = check.Must(d.EditMessage(me, conversation.EditMessageInput{MessageID: m.ID, Text: check.Ptr("2 * 3 * 4")}))(t)
		check.Same(t, []string{m.Markdown, conversation.MarkdownOf(m)}, []string{"", `2 \* 3 \* 4`})
		var said []string
		for _, r := range check.Must(d.Revisions(me, []*ent.Message{m}, paging.PageArgs{}))(t)[0].Nodes() {
			said = append(said, conversation.RevisionMarkdown(r))
		}
		check.Same(t, said, []string{"See **this**:\n\n- [docs](https://a.example/x)", "*Better*"})
		m = check.Must(d.EraseAs(me, m))(t)
		check.Same(t, conversation.MarkdownOf(m), "")
	})
}

// IN-14: Markdown stands alone; an error says what else was given, and what is
// wrong with it.
func TestRefusedMarkdown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		before := d.Row(d.ConversationIDs[0]).LastNumber
		for name, tc := range map[string]struct {
			in   conversation.SendMessageInput
			code errs.Code
			says string
		}{
			"with text":     {conversation.SendMessageInput{Markdown: check.Ptr("a"), Text: check.Ptr("b")}, errs.Invalid, "markdown and text were given"},
			"with HTML":     {conversation.SendMessageInput{Markdown: check.Ptr("a"), HTML: check.Ptr("b")}, errs.Invalid, "markdown and html were given"},
			"with both":     {conversation.SendMessageInput{Markdown: check.Ptr("a"), HTML: check.Ptr("b"), Text: check.Ptr("c")}, errs.Invalid, "markdown and text and html were given"},
			"nothing shown": {conversation.SendMessageInput{Markdown: check.Ptr(" \n[a]: https://a.example ")}, errs.Required, "shows nothing"},
			"a megabyte":    {conversation.SendMessageInput{Markdown: check.Ptr(strings.Repeat("**a", 333_333))}, errs.TooLong, "999999 characters"},
			"not UTF-8":     {conversation.SendMessageInput{Markdown: check.Ptr("a\xff")}, errs.Invalid, "UTF-8"},
		} {
			tc.in.Target = conversation.On(d.ConversationIDs[0])
			_, _, err := d.SendMessage(d.Agent(0), tc.in)
			check.Refused(t, err, tc.code, "markdown")
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		check.Same(t, d.Row(d.ConversationIDs[0]).LastNumber, before)
		in := conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0]), Markdown: check.Ptr(""), HTML: check.Ptr(""), Text: check.Ptr("empty is as if left out")}
		check.Must(func() (*ent.Message, error) { m, _, err := d.SendMessage(d.Agent(0), in); return m, err }())(t)
	})
}
