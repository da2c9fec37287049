package slack

import (
	"encoding/json"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/testkit/check"
)

// NT-2: what a contact writes stands in Slack as they wrote it, and calls no one.
func TestShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, html, want string }{
		{"Hi <!channel> & <@U1> <https://x.example|y>", "", "Hi &lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://x.example|y&gt;"},
		{"x", "<p>Hi <b>you</b> and <em>me</em></p><p>Bye &lt;!here&gt;</p>", "Hi *you* and _me_\n\nBye &lt;!here&gt;"},
		{"x", `<a href="https://x.example/?a=1&amp;b=|">see | this</a>`, "<https://x.example/?a=1&amp;b=%7C|see ¦ this>"},
		{"x", `<a href="javascript:alert(1)">see</a>`, "see"},
		{"x", `<a href="https://x.example/&gt;&lt;!channel&gt;">see</a>`, "<https://x.example/%3E%3C!channel%3E|see>"},
		{"x", "<ul><li>one</li><li>two<ol><li>deep</li></ol></li></ul>", "• one\n• two\n    1. deep"},
		{"x", "<pre>a <b>b</b>\n  c</pre>", "```\na *b*\n  c\n```"},
		{"x", "<blockquote><p>said</p></blockquote>after", "> said\nafter"},
		{"x", "a<br/>b <code>x*y</code> <s>no</s><h2>Head</h2>", "a\nb `x*y` ~no~\n\n*Head*"},
		{"fallback", "<img/>", "fallback"},
	} {
		check.Same(t, shown(&ent.Message{Text: c.text, HTML: c.html}, maxPost), c.want)
	}
	long := shown(&ent.Message{Text: strings.Repeat("<b> ", 5_000), HTML: "<b>" + strings.Repeat("x ", 5_000) + "</b>"}, maxPost)
	if n := len([]rune(long)); n > maxPost || n < maxPost-10 || !strings.HasSuffix(long, ";…") && !strings.HasSuffix(long, "b…") && !strings.HasSuffix(long, " …") {
		t.Errorf("a long message is shown with %d characters", n)
	}
	if deep := fromHTML(strings.Repeat("<div>", 5_000) + "x"); len(deep) > 10 {
		t.Errorf("deep HTML gives %q", deep)
	}
}

// NT-2: an escaped text is cut between characters, as Slack counts them, and not within an entity.
func TestClipEscaped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"a&amp;b", 7, "a&amp;b"}, {"a&amp;bc", 7, "a&amp;…"}, {"a&amp;bc", 6, "a…"}, {"&lt;&gt;x", 8, "&lt;…"},
		{"😀😀", 4, "😀😀"}, {"😀😀😀", 4, "😀…"}, {"ééé", 2, "é…"},
	} {
		check.Same(t, clipEscaped(c.text, c.most), c.want)
	}
	if got := oneLine(strings.Repeat("&", 300), 300); lengthOf(got) > 900 || strings.Trim(strings.TrimSuffix(got, "…"), "&amp;") != "" || !strings.HasSuffix(got, "&amp;…") {
		t.Errorf("got %q", got)
	}
}

// NT-2: what someone writes in Slack is read as they mean it.
func TestReadMrkdwn(t *testing.T) {
	t.Parallel()
	called := names{"U1": "Ann"}
	for text, want := range map[string]written{
		"Plain &lt;b&gt; &amp; simple":                 {text: "Plain <b> & simple"},
		"Hi <@U1>, ask <!subteam^S1|@team> in <#C1|x>": {text: "Hi @Ann, ask @team in #x"},
		"<!channel> <!date^1^{date}|today> <@U9|bob>":  {text: "@channel today @bob"},
		"*bold* and ~gone~ and 2*3*4":                  {markdown: "**bold** and ~~gone~~ and 2*3*4"},
		"*a* *b*":                                      {markdown: "**a** **b**"},
		"see <https://x.example/?a=1&amp;b|here>":      {markdown: "see [here](https://x.example/?a=1&b)"},
		"<https://x.example/?a=1&amp;b>":               {text: "https://x.example/?a=1&b"},
		"<mailto:a@x.example|a@x.example>":             {text: "a@x.example"},
		"run `a &lt; *b*` now":                         {markdown: "run `a < *b*` now"},
		"&gt; said\nyes":                               {markdown: "> said\nyes"},
		"• one\n• two":                                 {markdown: "- one\n- two"},
	} {
		if got := readMrkdwn(text, called, nil); got != want {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
	blocks := json.RawMessage(`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"emoji","name":"thumbsup","unicode":"1f44d"},{"type":"emoji","name":"acme"}]}]}]`)
	check.Same(t, readMrkdwn(":thumbsup: :acme:", nil, emojiIn(blocks, ":thumbsup: :acme:")).text, "👍 :acme:")
	check.Same(t, len(emojiIn(json.RawMessage(`{"type":"emoji","name":"x","unicode":"ffffffff-zz"}`), ":x:")), 1)
}

// NT-2: what Slack answers is judged: what to try again, what to stop, what to give up.
func TestFaults(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault{
		"invalid_auth": faultRevoked, "account_inactive": faultRevoked, "channel_not_found": faultChannel, "is_archived": faultChannel, "message_not_found": faultGone,
		"already_reacted": faultDone, "internal_error": faultUnknown, "msg_too_long": faultRefused,
	} {
		if got := faultOfCode(code); got != want {
			t.Errorf("%s means %d, want %d", code, got, want)
		}
	}
}
