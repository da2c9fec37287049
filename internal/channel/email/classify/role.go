package classify

import (
	_ "embed"
	"strings"

	"parley/internal/vocab"
)

//go:embed roles.txt
var roleText string

// roles are the local parts of role addresses, without dots, dashes and digits
// at the end.
var roles = readRoles(roleText)

// roleList is what roles.txt says.
type roleList struct {
	// whole are local parts; words may also stand among others; within also
	// inside of a word. The last two belong to machines.
	whole, words map[string]bool
	within       []string
}

// judgeRole reports whether the sender is an office or a machine and no person. A
// contact that the team wrote to is exempt (pitfall 16).
func (j *judge) judgeRole() {
	local, _, ok := cutLast(j.sender)
	if !ok {
		return
	}
	kind := roles.kind(local)
	if kind == person {
		return
	}
	f := j.addFinding(vocab.ReasonRoleAddress, "ROLE_ADDRESS", "The sender "+clip(j.sender)+" is a role address.")
	f.quiet = kind == machine
	if j.WrittenBefore {
		f.exempt = WrittenBefore
	}
}

// kind is what an address belongs to.
type kind int

const (
	person kind = iota
	office
	machine
)

// kind reports whose a local part is, in lower case: "no.reply", "noreply12",
// "bounce+ada=example.com" and "orders-noreply" are machines', "sales.2" is an
// office's, and "ada+newsletter" a person's.
func (l *roleList) kind(local string) kind {
	local, _, _ = strings.Cut(strings.Trim(local, `"`), "+")
	words := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("-._=/ ", r) })
	for i, w := range words {
		words[i] = strings.TrimRight(w, "0123456789")
	}
	joined := strings.Join(words, "")
	for _, part := range l.within {
		if strings.Contains(joined, part) {
			return machine
		}
	}
	if l.hasWord(words) {
		return machine
	}
	if l.whole[joined] {
		return office
	}
	return person
}

// hasWord reports whether up to three words that follow each other make one of
// the list's.
func (l *roleList) hasWord(words []string) bool {
	for i := range words {
		joined := ""
		for _, w := range words[i:min(i+3, len(words))] {
			joined += w
			if l.words[joined] {
				return true
			}
		}
	}
	return false
}

// readRoles reads roles.txt.
func readRoles(text string) *roleList {
	l := &roleList{whole: map[string]bool{}, words: map[string]bool{}}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, entry := range strings.Fields(line) {
			if word, ok := strings.CutPrefix(entry, "~"); ok {
				l.words[word] = true
			} else if part, ok := strings.CutPrefix(entry, "*"); ok {
				l.within = append(l.within, part)
			} else {
				l.whole[entry] = true
			}
		}
	}
	return l
}
