package quote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/quote"
	"parley/internal/richtext"
)

// EM-4: each file of testdata is a body as a client makes it; the .visible file
// beside it holds what is to be seen of it, as plain text.
func TestFixtures(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.visible")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d fixtures (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".visible"), func(t *testing.T) {
			t.Parallel()
			want := strings.TrimSpace(read(t, path))
			source := strings.TrimSuffix(path, ".visible")
			var got string
			if _, err := os.Stat(source + ".html"); err == nil {
				folded := quote.Fold(read(t, source+".html"), "")
				got = richtext.Text(folded.HTML)
				keepsHTML(t, read(t, source+".html"), folded)
			} else {
				folded := quote.Fold("", read(t, source+".txt"))
				got = folded.Text
				keepsText(t, read(t, source+".txt"), folded)
			}
			if strings.TrimSpace(got) != want {
				t.Errorf("visible:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// EM-4: what is folded is kept in its order, the signature is told apart.
func TestFoldedParts(t *testing.T) {
	t.Parallel()
	const text = "Where is it?\n\n-- \nAda Lovelace\nLondon\n\nOn Sun, 3 Mar 2024 10:00, Bob wrote:\n> It was sent.\n"
	want := quote.Folded{
		Text:       "Where is it?",
		QuotedText: "-- \nAda Lovelace\nLondon\n\nOn Sun, 3 Mar 2024 10:00, Bob wrote:\n> It was sent.",
		Signature:  "Ada Lovelace\nLondon",
	}
	if diff := cmp.Diff(want, quote.Fold("", text)); diff != "" {
		t.Error(diff)
	}
	const html = `<div>Where <i>is it?</i></div><br><div id="Signature"><div>Ada Lovelace</div><div>London</div></div><div class="gmail_quote">On Sun, Bob wrote:<blockquote class="gmail_quote">It was sent.</blockquote></div>`
	want = quote.Folded{
		HTML:       `<div>Where <i>is it?</i></div>`,
		QuotedHTML: `<div id="Signature"><div>Ada Lovelace</div><div>London</div></div><div class="gmail_quote">On Sun, Bob wrote:<blockquote class="gmail_quote">It was sent.</blockquote></div>`,
		Signature:  "Ada Lovelace\nLondon",
	}
	if diff := cmp.Diff(want, quote.Fold(html, "")); diff != "" {
		t.Error(diff)
	}
}

// What is open at the cut is closed above it and opened again below.
func TestCutWithinElements(t *testing.T) {
	t.Parallel()
	got := quote.Fold(`<table dir="rtl"><tr><td><font color="red">Red.<br>-----Original Message-----<br>Which colour?</font></td></tr></table>`, "")
	want := quote.Folded{
		HTML:       `<table dir="rtl"><tr><td><font color="red">Red.</font></td></tr></table>`,
		QuotedHTML: `<table dir="rtl"><tr><td><font color="red">-----Original Message-----<br/>Which colour?</font></td></tr></table>`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The plain text of a mail bears fewer marks than its HTML, which tells where
// the quote begins.
func TestTextFollowsHTML(t *testing.T) {
	t.Parallel()
	const text = "Where is it?\n\nDie Solis, Bob Stone scripsit haec\n\nIt was sent.\n"
	html := `<p>Where is it?</p><div class="yahoo_quoted"><div>Die Solis, <b>Bob Stone</b> scripsit haec</div><p>It was sent.</p></div>`
	if got := quote.Fold(html, text); got.Text != "Where is it?" {
		t.Errorf("got %q", got.Text)
	}
	if got := quote.Fold("", text); got.QuotedText != "" {
		t.Errorf("folded without a mark: %q", got.QuotedText)
	}
}

func TestNothing(t *testing.T) {
	t.Parallel()
	if got := quote.Fold("", ""); got != (quote.Folded{}) {
		t.Errorf("got %+v", got)
	}
	const plain = "one\ntwo \n\n"
	if got := quote.Fold("", plain); got != (quote.Folded{Text: plain}) {
		t.Errorf("got %+v", got)
	}
}
