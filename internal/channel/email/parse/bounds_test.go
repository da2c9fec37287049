package parse_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"parley/internal/channel/email/parse"
)

// EM-4: a mail that is made to exhaust its reader is bounded, told of, and its
// rest kept.
func TestBounds(t *testing.T) {
	t.Parallel()
	deep := "From: a@b.c\n"
	for i := range 10_000 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	deep += "\nthe bottom"
	wide := "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: image/png\n\nx\n", 10_000) + "--b--\n"
	for name, c := range map[string]struct {
		raw, problem, kept string
	}{
		"deep":   {deep, "too deeply", "the bottom"},
		"wide":   {wide, "too many parts", "--b\nContent-Type: image/png\n\nx\n"},
		"fields": {strings.Repeat("a: b\n", 5000) + "\n", "too many fields", ""},
		"field":  {"From: a@b.c\nSubject: " + strings.Repeat("é", 1<<20) + "\n\n", "longer than 64 kB", ""},
		"text":   {"From: a@b.c\n\n" + strings.Repeat("é", 1<<20), "longer than 1 MB", strings.Repeat("é", 1<<20)},
		"HTML":   {"From: a@b.c\nContent-Type: text/html\n\n" + strings.Repeat("<p>é</p>", 1<<18), "longer than 1 MB", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse.Parse([]byte(c.raw))
			sound(t, []byte(c.raw), m)
			if !strings.Contains(problemTexts(m), c.problem) {
				t.Errorf("problems %q, want %q", m.Problems, c.problem)
			}
			if len(m.Parts) > 1000 {
				t.Errorf("%d parts", len(m.Parts))
			}
			if c.kept != "" && !bytes.Contains(m.Parts[len(m.Parts)-1].Content, []byte(c.kept)) {
				t.Errorf("the rest is not kept")
			}
		})
	}
}

// Inputs on which a careless reader takes time by the square of their length:
// each would take minutes.
func TestHostileFieldsAreReadInLinearTime(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"<", "<a", "<a,", "(", "(\\", `"`, `"\"`, `\"`, "=?utf-8?Q?", "=?utf-8?B?w?= ", "=?a?Q??= ", ":", "@:", "a@b ", "a:;", "=?x?Q?=E9?= =?y?Q?=E9?= ", "=?x?B?" + strings.Repeat("6fDp", 8) + "?= x ", "a*0*=b;", `a="`, "<a@b> x", "\r", "\x1b$", "+", "\xe9"} {
		value := strings.Repeat(piece, 64<<10/len(piece))
		for _, name := range []string{"From", "To", "Subject", "References", "Content-Type", "Date", "Return-Path"} {
			raw := []byte(name + ": " + value + "\n\n" + value)
			sound(t, raw, parse.Parse(raw))
		}
	}
}

func BenchmarkParse(b *testing.B) {
	file := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("some file"), 30_000))
	lines := strings.Builder{}
	for i := 0; i < len(file); i += 76 {
		lines.WriteString(file[i:min(i+76, len(file))] + "\n")
	}
	page := strings.Repeat("<p>Caf=C3=A9 and <b>bold</b> words, as people write them.</p>\n", 100)
	for name, raw := range map[string][]byte{
		"small": mail("Subject: =?utf-8?Q?Caf=C3=A9?=", "To: a@x.org, B <b@x.org>", "", "Hello", "you"),
		"usual": multipart("alternative", "Content-Type: text/plain; charset=utf-8\n\n"+strings.Repeat("Café and plain words.\n", 100),
			"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"+page),
		"large": multipart("mixed", "\nHello", "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"+strings.Repeat(lines.String(), 30)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				parse.Parse(raw)
			}
		})
	}
}
