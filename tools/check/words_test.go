package main

import (
	"slices"
	"strings"
	"testing"
)

// words runs a check on one file, and returns the findings as lines.
func words(t *testing.T, check func(*repository) ([]finding, error), name, text string) []string {
	t.Helper()
	found, err := check(&repository{files: []file{{name, text}}})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, f.String())
	}
	return lines
}

func TestWordsFindIdioms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"The other one is told who has it.":          `"told"`,
		"Every mail bears a token.":                  `"bears"`,
		"Its servers need the password anew.":        `"anew"`,
		"Only `ADMIN` and the owner alone see it.":   `"owner alone"`,
		"It is for `read` alone.":                    "\"` alone\"",
		"It says whose token it is.":                 `"says whose"`,
		"Whose token it is.":                         `"Whose"`,
		"A user whose token expired.":                "",
		"The contact of whom it is.":                 `"of whom"`,
		"The user who asks.":                         `"who asks"`,
		"Left out: nobody.":                          `"nobody"`,
		"Somebody got it, or somebody else.":         `"somebody"`,
		"It changed meanwhile.":                      `"meanwhile."`,
		"It was tried in vain.":                      `"in vain"`,
		"Snooze it until a time to come.":            `"time to come"`,
		"What goes by e-mail has a subject.":         `"goes by"`,
		"It must be on: NOT_FOUND else.":             `"NOT_FOUND else."`,
		"With USERS: the users; null\nelse.":         `"null else."`,
		"The link does not hold.":                    `"does not hold"`,
		"The list stands there twice.":               `"stands there twice"`,
		"The view does not match it any\nmore.":      `"any more"`,
		"%s is no member of the inbox.":              `"%s is no member"`,
		"Takes an own mail back.":                    `"an own"`,
		"What the caller can put right.":             `"put right"`,
		"Ends a token for ever.":                     `"for ever"`,
		"Emits `CHANNEL_CREATED` where that is so.":  `"where that is so"`,
		"There is no user; it is no longer a member": "",
		"It left the conversation alone.":            `"conversation alone"`,
		"What is left alone stays.":                  "",
		"A bearer token, a teller, holdings.":        "",
		"There is no one, and no such thing.":        "",
		"Nobody reads this.":                         `"Nobody"`,
	} {
		got := words(t, checkWordsDocs, "docs/live.md", "# Title\n\n"+text+"\n")
		if want == "" {
			if len(got) > 0 {
				t.Errorf("%q: got %q, want no finding", text, got)
			}
			continue
		}
		named := func(line string) bool { return strings.HasPrefix(line, "docs/live.md:3: "+want+": write ") }
		if !slices.ContainsFunc(got, named) {
			t.Errorf("%q: got %q, want %s on its line", text, got, want)
		}
	}
}

// Only what an API user reads is checked: not names, values and quoted code.
func TestWordsOfSDL(t *testing.T) {
	t.Parallel()
	got := words(t, checkWordsSDL, "graph/schema/people.graphqls", strings.Join([]string{
		`"The user, and nobody else."`,
		`input AssigneeFilter {`,
		`  "No user; see ` + "`nobody`" + `, \"anew\"."`,
		`  nobody: Boolean = "told" @access(scope: "anew")`,
		`  """`,
		`  A block`,
		`  that bears words.`,
		`  """`,
		`  # Told in a comment.`,
		`}`,
	}, "\n"))
	want := []string{
		`graph/schema/people.graphqls:1: "nobody": write no one`,
		`graph/schema/people.graphqls:3: "anew": write again`,
		`graph/schema/people.graphqls:7: "bears": write carry or has`,
		`graph/schema/people.graphqls:9: "Told": write report, notify, record, emit, show or say`,
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("got %q, want %s", got, line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d findings %q, want %d", len(got), got, len(want))
	}
}

func TestWordsOfDocs(t *testing.T) {
	t.Parallel()
	text := "Write `anew` as it stands.\n\n```bash\n# nobody reads this\n```\n\nNobody reads this; somebody may.\n"
	if got, want := words(t, checkWordsDocs, "docs/decisions/text.md", text), []string{
		`docs/decisions/text.md:7: "Nobody": write no one`,
		`docs/decisions/text.md:7: "somebody": write someone`,
	}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := words(t, checkWordsDocs, "CONTRIBUTING.md", text); got != nil {
		t.Errorf("got %q, want nothing: CONTRIBUTING.md lists the idioms", got)
	}
}

func TestWordsOfErrors(t *testing.T) {
	t.Parallel()
	text := "package p\n\n// Told in a comment.\nvar nobody = errs.New(errs.Invalid,\n\t\"It is told anew: %s\")\n\nvar long = `\nnobody`\n"
	want := []string{
		`internal/p/p.go:5: "told": write report, notify, record, emit, show or say`,
		`internal/p/p.go:5: "anew": write again`,
		`internal/p/p.go:8: "nobody": write no one`,
	}
	if got := words(t, checkWordsErrors, "internal/p/p.go", text); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range []string{"internal/p/p_test.go", "internal/demo/voice.go", "docs/p.md"} {
		if got := words(t, checkWordsErrors, name, text); got != nil {
			t.Errorf("%s: got %q, want nothing", name, got)
		}
	}
	if _, err := checkWordsErrors(&repository{files: []file{{"p.go", "no Go"}}}); err == nil {
		t.Error("got no error, want one for a file that is not Go")
	}
}
