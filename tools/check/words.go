package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// idiom is a phrase that a native engineer would not write.
type idiom struct {
	phrase *regexp.Regexp
	unless *regexp.Regexp // matches what is fine after all; nil: nothing is
	write  string
}

// idioms are the phrases of CONTRIBUTING.md's table, and those that crept in
// beside them. White space in them also stands for a line's end.
var idioms = []idiom{
	say(`(?:tells?|told|telling)`, "report, notify, record, emit, show or say"),
	say(`(?:bears?|bore|bearing)`, "carry or has"),
	say(`anew`, "again"),
	say(`(?:[\w'-]+"?|\x60) alone`, "only, before the noun").except(`(?i)^(?:left|leave|leaves|let|stand|it|them) `),
	say(`of whom`, "another sentence: the person who"),
	say(`who asks`, "the caller"),
	say(`nobody`, "no one"),
	say(`somebody`, "someone"),
	say(`meanwhile[.,;:)]`, "since then, or in between"),
	say(`in vain`, "without success"),
	say(`time to come`, "a future time"),
	say(`(?:go|goes|went) by`, "is found by, depends on or uses"),
	say(`(?:(?-i:[A-Z][A-Z_]+)|null|empty|false) else[.,;:)]`, "otherwise, before it"),
	say(`does not hold|do not hold|holds? no longer|holds? (?:any|no) more`, "is not valid, or has expired"),
	say(`(?:stands?|is|are) (?:there|here) twice`, "is listed twice"),
	say(`any more`, "no longer"),
	say(`[\w%'-]+ (?:is|are) no [a-z][\w-]*`, "is not a").except(`(?i)^there |no (?:longer|more|less|such|one|different)$`),
	say(`an own`, "one of the caller's own"),
	say(`puts? right|mends?|mended`, "correct or fix"),
	say(`for ever`, "permanently"),
	say(`where that is so`, "if they apply"),
	// With a noun before it, whose is what anyone writes.
	say(`(?:of|to|by|for|in|is|are|say|says|know|knows) whose`, "the noun: of the user who"),
	{regexp.MustCompile(`(?:^|[.;:("\n]\s*)(Whose)\W`), nil, "the noun: the user who"},
}

// say is the idiom that a pattern describes, and what to write in its place.
func say(pattern, write string) idiom {
	pattern = strings.ReplaceAll(pattern, " ", `\s+`)
	return idiom{phrase: regexp.MustCompile(`(?i)(?:^|[^\w-])(` + pattern + `)(?:$|\W)`), write: write}
}

// except is the idiom without the matches of a pattern.
func (i idiom) except(pattern string) idiom {
	i.unless = regexp.MustCompile(pattern)
	return i
}

// checkWordsSDL finds idioms in the descriptions and comments of the SDL.
func checkWordsSDL(repo *repository) ([]finding, error) {
	return checkWords(repo, func(f file) (string, error) {
		if path.Ext(f.path) != ".graphqls" {
			return "", nil
		}
		return descriptions(f.text), nil
	})
}

// checkWordsDocs finds idioms in the README and below docs.
func checkWordsDocs(repo *repository) ([]finding, error) {
	return checkWords(repo, func(f file) (string, error) {
		if f.path == "README.md" || strings.HasPrefix(f.path, "docs/") && path.Ext(f.path) == ".md" {
			return prose(f.text), nil
		}
		return "", nil
	})
}

// checkWordsErrors finds idioms in what programs say: error texts, log lines,
// mails. Texts of the demo's people and of the widget are no such thing.
func checkWordsErrors(repo *repository) ([]finding, error) {
	return checkWords(repo, func(f file) (string, error) {
		if path.Ext(f.path) != ".go" || strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "tools/") ||
			strings.Contains(f.path, "internal/demo/") || strings.Contains(f.path, "internal/testkit/") {
			return "", nil
		}
		return literals(f)
	})
}

// checkWords finds the idioms in the part of each file that a reader gets to
// see: the file's text, in its place, with all else blanked out.
func checkWords(repo *repository, part func(file) (string, error)) ([]finding, error) {
	var found []finding
	for _, f := range repo.files {
		text, err := part(f)
		if err != nil {
			return nil, err
		}
		for _, i := range idioms {
			found = append(found, i.find(f.path, text)...)
		}
	}
	return found, nil
}

func (i idiom) find(name, text string) []finding {
	var found []finding
	for _, at := range i.phrase.FindAllStringSubmatchIndex(text, -1) {
		phrase := strings.Join(strings.Fields(text[at[2]:at[3]]), " ")
		if i.unless == nil || !i.unless.MatchString(phrase) {
			line := 1 + strings.Count(text[:at[2]], "\n")
			found = append(found, finding{name, line, fmt.Sprintf("%q: write %s", phrase, i.write)})
		}
	}
	return found
}

var (
	// described are the SDL's strings and comments. A value is a string too,
	// but follows a colon or an equals sign.
	described = regexp.MustCompile(`(?s)"""(.*?)"""|[:=]\s*"(?:[^"\\]|\\.)*"|"((?:[^"\\\n]|\\.)*)"|#([^\n]*)`)
	// code is what is quoted in Markdown: it is not prose.
	code = regexp.MustCompile("(?ms)^[ \t]*```.*?^[ \t]*```$|`[^`\n]*`")
)

// descriptions keeps the prose of SDL.
func descriptions(text string) string {
	kept := blank(text)
	for _, at := range described.FindAllStringSubmatchIndex(text, -1) {
		for group := 2; group < len(at); group += 2 {
			if at[group] >= 0 {
				copy(kept[at[group]:at[group+1]], prose(text[at[group]:at[group+1]]))
			}
		}
	}
	return string(kept)
}

// prose keeps Markdown without its code, of which a mark stays in each place,
// so that the words around it do not become neighbours.
func prose(text string) string {
	return code.ReplaceAllStringFunc(text, func(quoted string) string {
		kept := blank(quoted)
		kept[0], kept[len(kept)-1] = '`', '`'
		return string(kept)
	})
}

// literals keeps the strings of Go code.
func literals(f file) (string, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, f.path, f.text, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	kept := blank(f.text)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			from := files.Position(literal.Pos()).Offset
			copy(kept[from:], f.text[from:from+len(literal.Value)])
		}
		return true
	})
	return string(kept), nil
}

// blank is as many spaces as the text has bytes, on as many lines.
func blank(text string) []byte {
	kept := []byte(text)
	for i, b := range kept {
		if b != '\n' {
			kept[i] = ' '
		}
	}
	return kept
}
