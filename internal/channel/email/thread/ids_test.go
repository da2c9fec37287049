package thread_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/thread"
)

// EM-4, pitfall 8: whatever programs write, the ids are found.
func TestIDs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header string
		want   []string
	}{
		"empty":              {"", nil},
		"one":                {"<a@b>", []string{"a@b"}},
		"several":            {"<a@b> <c@d>\r\n\t<e@f>", []string{"a@b", "c@d", "e@f"}},
		"nothing between":    {"<a@b><c@d>", []string{"a@b", "c@d"}},
		"commas":             {"<a@b>, <c@d>;<e@f>", []string{"a@b", "c@d", "e@f"}},
		"folded inside":      {"<averylong\r\n part@b>", []string{"averylongpart@b"}},
		"no brackets":        {"a@b c@d", []string{"a@b", "c@d"}},
		"no brackets, prose": {"Your message of Monday", nil},
		"prose and address":  {`Message from ada@example.com of "Mon, 1 Jan" <id@x>`, []string{"id@x"}},
		"no end":             {"<a@b <c@d>", []string{"a@b", "c@d"}},
		"no end at the end":  {"<a@b> <c@d and more", []string{"a@b", "c@d"}},
		"no at":              {"<20260101.ABC>", []string{"20260101.ABC"}},
		"empty brackets":     {"<> < > <a@b>", []string{"a@b"}},
		"quoted":             {`<"a b"@c>`, []string{`"ab"@c`}},
		"case is kept":       {"<AbC@Example.COM>", []string{"AbC@Example.COM"}},
		"repeated":           {"<a@b> <c@d> <a@b>", []string{"c@d", "a@b"}},
		"NUL":                {"<a\x00@b>", []string{"a@b"}},
		"not UTF-8":          {"<a\xff@b>", []string{"a@b"}},
		"double brackets":    {"<<a@b>>", []string{"a@b"}},
		"too long":           {"<" + strings.Repeat("x", 2000) + "@b> <c@d>", []string{"c@d"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, thread.IDs(tc.header)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A mail that names ten thousand others is read, and its newest ids count.
func TestIDsKeepsTheNewest(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "<%d@example.com> ", i)
	}
	ids := thread.IDs(b.String())
	if len(ids) != 200 || ids[0] != "9800@example.com" || ids[199] != "9999@example.com" {
		t.Errorf("%d ids from %s to %s", len(ids), ids[0], ids[len(ids)-1])
	}
}

func FuzzIDs(f *testing.F) {
	for _, seed := range []string{"<a@b> <c@d>", "a@b,c@d", "<a\r\n b@c", "<<>>", "\x00<\xff@>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		ids := thread.IDs(header)
		seen := map[string]bool{}
		for _, id := range ids {
			if id == "" || len(id) > 996 || seen[id] || !utf8.ValidString(id) || strings.ContainsAny(id, "<> \r\n\t\x00") {
				t.Fatalf("%q gives the id %q", header, id)
			}
			seen[id] = true
		}
		if again := thread.IDs("<" + strings.Join(ids, "> <") + ">"); len(ids) > 0 && !cmp.Equal(again, ids) {
			t.Fatalf("%q gives %q, and that gives %q", header, ids, again)
		}
	})
}
