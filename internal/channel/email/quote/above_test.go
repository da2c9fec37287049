package quote_test

import (
	"strings"
	"testing"

	"parley/internal/channel/email/quote"
	"parley/internal/richtext"
)

// NT-8: of an answer to a notification only what stands above whatever it quotes counts, however
// a client quotes, and in whatever language it says so.
func TestAbove(t *testing.T) {
	t.Parallel()
	const mail = "-- Write your answer above this line --\n\nAdmin mentioned you in Ada: @Ben, she is difficult\n\n--\nNo more e-mails of this kind: https://parley.example/notifications/token\n"
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(mail), "\n", "\n> ") + "\n"
	for name, c := range map[string]struct{ html, text, want string }{
		"top":                      {"", "It is on its way.\n\nOn Mon, Nov 16, 2026 at 8:59 AM Parley <parley@shop.example> wrote:\n" + quoted, "It is on its way."},
		"nothing":                  {"", "On Mon, Nov 16, 2026 at 8:59 AM Parley <parley@shop.example> wrote:\n" + quoted, ""},
		"below":                    {"", "On Mon, Nov 16, 2026 at 8:59 AM Parley <parley@shop.example> wrote:\n" + quoted + "\nIt is on its way.\n", ""},
		"between":                  {"", "Hello\n\n> Admin mentioned you\nReally?\n> in Ada\nYes.\n", "Hello"},
		"no marks":                 {"", "Yes.\n\n" + mail, "Yes."},
		"no marks, no words":       {"", mail, ""},
		"dashes became one":        {"", "Yes.\n\n" + strings.Replace(mail, "--", "—", 2), "Yes."},
		"unknown language":         {"", "Ita est.\n\nDie 16.11.2026 08:59 Parley <parley@shop.example> scripsit haec:\n\n" + quoted, "Ita est."},
		"unknown language, broken": {"", "Ita est.\n\nDie 16.11.2026 hora 08:59 scripsit Parley\n<parley@shop.example> haec:\n" + quoted, "Ita est."},
		"unknown language, bare":   {"", "Ita est.\n\nDie 16.11.2026 08:59 Parley <parley@shop.example> scripsit:\n" + mail, "Ita est."},
		"Japanese":                 {"", "はい。\n\n2026年11月16日(月) 8:59 Parley <parley@shop.example>:\n\n" + quoted, "はい。"},
		"only a signature":         {"", "-- \nBen\n\n" + quoted, ""},
		"header":                   {"", "Yes.\n\nFrom: Parley <parley@shop.example>\nSent: Monday, November 16, 2026 8:59 AM\nTo: Ben\nSubject: Admin mentioned you\n\n" + mail, "Yes."},
		"forwarded":                {"", "Look.\n\n---------- Forwarded message ---------\nFrom: Parley <parley@shop.example>\n\n" + mail, "Look."},
		"no quote":                 {"", "Yes.\nThe train leaves at 10:30.\n", "Yes.\nThe train leaves at 10:30."},
		"time above the quote":     {"", "The train leaves at 10:30.\n\n" + quoted, "The train leaves at 10:30."},
		"HTML":                     {`<div dir="ltr">Yes.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Am Mo., 16. Nov. 2026 schrieb Parley:<br></div><blockquote class="gmail_quote">-- Write your answer above this line --<br>Admin mentioned you</blockquote></div>`, "", "Yes."},
		"HTML, nothing":            {`<div class="gmail_quote"><div class="gmail_attr">Am 16. Nov. 2026 schrieb Parley:<br></div><blockquote class="gmail_quote">Admin mentioned you</blockquote></div>`, "", ""},
		"HTML, below":              {`<blockquote type="cite">-- Write your answer above this line --<br>Admin mentioned you</blockquote><div>It is on its way.</div>`, "", ""},
		"HTML, bare":               {`<p>Yes.</p><p>Die 16.11.2026 08:59 Parley &lt;parley@shop.example&gt; scripsit:</p><p>-- Write your answer above this line --<br><br>Admin mentioned you</p>`, "", "Yes."},
		"HTML, one line":           {`<p>Yes.</p><p>-- Write your answer above this line -- Admin mentioned you in Ada</p>`, "", "Yes."},
		"empty":                    {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := quote.Above(c.html, c.text)
			shown := got.Text
			if c.html != "" {
				shown = richtext.Text(richtext.Sanitize(got.HTML))
			}
			if strings.TrimSpace(shown) != c.want {
				t.Errorf("above stands %q, want %q", shown, c.want)
			}
		})
	}
}
