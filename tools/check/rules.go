package main

import (
	"fmt"
	"regexp"
	"strings"
)

// rulesFile is the rule book.
const rulesFile = "docs/rules.md"

var (
	// ruleNumber is a rule's number, wherever it is cited.
	ruleNumber = regexp.MustCompile(`\b(AC|IB|IN|CR|CH|AV|TM|RT|EM|BT|CO|NT|AG|CC|OP|DX|API|ENG)-[0-9]+\b`)
	// pitfallNumbers are the pitfalls that a text cites: "pitfalls 4 to 9 and 16".
	pitfallNumbers = regexp.MustCompile(`\b[Pp]itfalls? ([0-9]+(?:(?:, | to | and )[0-9]+)*)`)
	number         = regexp.MustCompile(`[0-9]+`)

	// ruleStart is the line that a rule's text begins with.
	ruleStart = regexp.MustCompile(`^<a id="([a-z]+-[0-9]+)"></a>\*\*([A-Z]+-[0-9]+) .*`)
	// unbuiltMark and partMark follow a rule's title, maybe on the next lines.
	unbuiltMark = regexp.MustCompile(`^<a [^*]*\*\*[^*]+\*\* \*\(not built yet\)\*`)
	partMark    = regexp.MustCompile(`^<a [^*]*\*\*[^*]+\*\* \*\(in part; missing: [^*]+\)\*`)
	anyMark     = regexp.MustCompile(`^<a [^*]*\*\*[^*]+\*\* \*\(`)
	pitfall     = regexp.MustCompile(`<a id="(pitfall-[0-9]+)"></a>`)
)

// rule is an entry of the rule book.
type rule struct {
	number  string
	line    int
	text    string // from its anchor to the next one, on one line
	unbuilt bool
}

// rulebook is what docs/rules.md says.
type rulebook struct {
	rules    []*rule
	byNumber map[string]*rule
	pitfalls map[string]bool
}

// checkRules holds code, tests and documents against docs/rules.md: a rule
// that is cited exists, a rule that is built has a test that names it, and one
// that is not built has none.
func checkRules(repo *repository) ([]finding, error) {
	book, ok := repo.find(rulesFile)
	if !ok {
		return nil, fmt.Errorf("%s is missing", rulesFile)
	}
	rules, found := readRules(book)
	tests := map[string]finding{} // a place that names the rule, by number
	for _, f := range repo.files {
		for line, text := range f.lines {
			found = append(found, rules.checkCitations(f.path, line, text)...)
			if isTest(f.path) {
				for _, cited := range ruleNumber.FindAllString(text, -1) {
					tests[cited] = finding{file: f.path, line: line}
				}
			}
		}
	}
	return append(found, rules.checkTests(tests)...), nil
}

// isTest says whether a file checks rules. The linter's settings do as well:
// that no import points up is checked there.
func isTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "tools/") ||
		strings.HasSuffix(path, ".test.mjs") || strings.HasSuffix(path, ".test.ts") || path == ".golangci.yml"
}

// readRules reads the rule book, and finds what is wrong in it by itself.
func readRules(book file) (*rulebook, []finding) {
	rules := &rulebook{byNumber: map[string]*rule{}, pitfalls: map[string]bool{}}
	var found []finding
	var open *rule
	for line, text := range book.lines {
		if start := ruleStart.FindStringSubmatch(text); start != nil {
			open = &rule{number: start[2], line: line}
			found = append(found, rules.add(open, start[1])...)
		} else if strings.HasPrefix(text, "#") || strings.HasPrefix(text, "|") {
			open = nil
		}
		if open != nil {
			open.text += strings.TrimSuffix(text, "\n") + " "
		}
		for _, anchor := range pitfall.FindAllStringSubmatch(text, -1) {
			rules.pitfalls[anchor[1]] = true
		}
	}
	for _, r := range rules.rules {
		r.unbuilt = unbuiltMark.MatchString(r.text)
		if anyMark.MatchString(r.text) && !r.unbuilt && !partMark.MatchString(r.text) {
			found = append(found, finding{rulesFile, r.line, r.number + ": the mark is neither *(not built yet)* nor *(in part; missing: ...)*"})
		}
	}
	return rules, found
}

// add takes a rule in, unless its number is there already.
func (b *rulebook) add(r *rule, anchor string) []finding {
	var found []finding
	if strings.ToLower(r.number) != anchor {
		found = append(found, finding{rulesFile, r.line, fmt.Sprintf("%s has the anchor %s", r.number, anchor)})
	}
	if !ruleNumber.MatchString(r.number) {
		found = append(found, finding{rulesFile, r.line, fmt.Sprintf("%s is of a section that tools/check does not know", r.number)})
	}
	if first, ok := b.byNumber[r.number]; ok {
		return append(found, finding{rulesFile, r.line, fmt.Sprintf("%s is listed twice, first on line %d", r.number, first.line)})
	}
	b.rules = append(b.rules, r)
	b.byNumber[r.number] = r
	return found
}

// checkCitations finds rules and pitfalls in a line that the book does not have.
func (b *rulebook) checkCitations(path string, line int, text string) []finding {
	if strings.HasPrefix(path, "tools/check/") {
		return nil // its tests cite rules that there are not
	}
	var found []finding
	for _, cited := range ruleNumber.FindAllString(text, -1) {
		if b.byNumber[cited] == nil {
			found = append(found, finding{path, line, fmt.Sprintf("%s is not in %s", cited, rulesFile)})
		}
	}
	for _, list := range pitfallNumbers.FindAllStringSubmatch(text, -1) {
		for _, cited := range number.FindAllString(list[1], -1) {
			if !b.pitfalls["pitfall-"+cited] {
				found = append(found, finding{path, line, fmt.Sprintf("pitfall %s is not in %s", cited, rulesFile)})
			}
		}
	}
	return found
}

// checkTests finds built rules that no test names, and marks that are out of
// date. tests has a place for each rule that a test names.
func (b *rulebook) checkTests(tests map[string]finding) []finding {
	var found []finding
	for _, r := range b.rules {
		test, tested := tests[r.number]
		switch {
		case !r.unbuilt && !tested:
			found = append(found, finding{rulesFile, r.line, r.number + ": no test names this rule; write one, or mark it *(not built yet)*"})
		case r.unbuilt && tested:
			found = append(found, finding{rulesFile, r.line, fmt.Sprintf("%s: marked *(not built yet)*, but named by a test at %s:%d", r.number, test.file, test.line)})
		}
	}
	return found
}
