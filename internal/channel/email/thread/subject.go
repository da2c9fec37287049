package thread

import (
	_ "embed"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// longestSubject is how many bytes of a subject are compared.
const longestSubject = 1000

//go:embed prefixes.txt
var prefixList string

//go:embed marks.txt
var markList string

var (
	// prefixes are the words of prefixes.txt in the form of fold.
	prefixes = readList(prefixList)
	// marks are those of marks.txt.
	marks = readList(markList)

	// prefix is what stands before a colon, with a count or without: "re",
	// "re[2]", "re (3)", "fw^2". Whether it is a prefix is decided by the lists.
	prefix = regexp.MustCompile(`^([^:\[\](){}<>"*^]{1,40}?) ?(?:[\[(][0-9]{1,3}[\])]|[*^]?[0-9]{1,3})? ?:`)
	// tag is a bracketed word, as mailing lists and gateways put it there.
	tag = regexp.MustCompile(`^(?:\[([^\[\]]{1,80})\]|\(([^()]{1,80})\)|\{([^{}]{1,80})\}|\*{1,6}([^*]{1,80})\*{1,6}|<([^<>]{1,80})>)`)
)

// Subject returns a subject in the form in which subjects compare: without any
// number of reply and forward prefixes in many languages ("Re: AW[2]: 转发："),
// without the marks of gateways ("[EXTERNAL]"), each list's tag ("[golang]")
// once and in front; case, width and spaces folded. It is for finding what may
// be related, never for joining a thread. It is "" if nothing else is left.
func Subject(s string) string {
	s = fold(s)
	var tags []string
	seen := map[string]bool{}
	for {
		rest, cut := cutPrefix(s)
		if !cut {
			var name string
			if rest, name, cut = cutTag(s); !cut {
				break
			}
			if name != "" && !seen[name] {
				seen[name] = true
				tags = append(tags, "["+name+"]")
			}
		}
		s = rest
	}
	return clip(strings.TrimSpace(strings.Join(append(tags, s), " ")))
}

// cutPrefix takes one "re:" or "external:" away.
func cutPrefix(s string) (rest string, cut bool) {
	m := prefix.FindStringSubmatch(s)
	if m == nil || !prefixes[m[1]] && !marks[m[1]] {
		return s, false
	}
	return strings.TrimSpace(s[len(m[0]):]), true
}

// cutTag takes one "[name]" away. name is "" if it is a mark, which does not
// count. Other brackets may only hold marks.
func cutTag(s string) (rest, name string, cut bool) {
	m := tag.FindStringSubmatch(s)
	if m == nil {
		return s, "", false
	}
	rest = strings.TrimSpace(s[len(m[0]):])
	name = strings.TrimSpace(strings.Join(m[1:], ""))
	if marks[name] || name == "" {
		return strings.TrimLeft(rest, "-|: "), "", true
	}
	return rest, name, m[1] != ""
}

// fold returns s in one case and width, with single spaces, without invisible
// characters.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	caser := cases.Fold()
	for range 2 { // one may undo the other
		s = norm.NFKC.String(caser.String(s))
	}
	return strings.Join(strings.Fields(s), " ")
}

func clip(s string) string {
	if len(s) <= longestSubject {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:longestSubject], ""))
}

// readList reads one entry a line; what follows a # is a comment, and commas
// part entries too.
func readList(text string) map[string]bool {
	list := map[string]bool{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for entry := range strings.SplitSeq(line, ",") {
			if entry = fold(entry); entry != "" {
				list[entry] = true
			}
		}
	}
	return list
}
