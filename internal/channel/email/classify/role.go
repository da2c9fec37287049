package classify

import (
	_ "embed"
	"slices"
	"strings"

	"parley/internal/channel/email/thread"
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

// roleCode is that of a finding that the sender is a role.
const roleCode = "ROLE_ADDRESS"

// DefaultRoleNames are the role names that an inbox has unless it has its own: "sales"
// for the whole local part, "~newsletter" for a word of it too, "*noreply" for any place.
func DefaultRoleNames() []string {
	var names []string
	for line := range strings.Lines(roleText) {
		line, _, _ = strings.Cut(line, "#")
		names = append(names, strings.Fields(line)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// roleList is the list that holds for the mail's inbox.
func (f Facts) roleList() *roleList {
	if f.RoleNames == nil {
		return roles
	}
	return readRoles(strings.Join(f.RoleNames, "\n"))
}

// IsRole reports whether an address is a role's in the inbox.
func (f Facts) IsRole(address string) bool {
	local, _, ok := cutLast(thread.Address(address))
	return ok && !f.RolesPass && f.roleList().kind(local) != person
}

// judgeRole reports whether the sender is an office or a machine and no person. A
// contact that the team wrote to is exempt (pitfall 16), and an answer to its mail.
func (j *judge) judgeRole() {
	local, _, ok := cutLast(j.sender)
	if !ok {
		return
	}
	if roles.kind(local) == machine || j.FormAuthor != nil {
		j.forbidAnswers()
	}
	if !j.IsRole(j.sender) {
		return
	}
	f := j.addFinding(vocab.ReasonRoleAddress, roleCode, "The sender "+clip(j.sender)+" is a role address.")
	switch {
	case j.WrittenBefore:
		f.exempt = WrittenBefore
	case j.AnswersUs:
		f.exempt = AnswersUs
	}
}

// exemptKnownDomain lets a role address pass whose mail a person wrote, if the team has
// written to its domain (IN-11): no list, no mass mail, nothing automatic.
func (j *judge) exemptKnownDomain() {
	if !j.KnownDomain || slices.ContainsFunc(j.found, finding.byMachine) {
		return
	}
	for i := range j.found {
		if j.found[i].Code == roleCode && j.found[i].exempt == "" {
			j.found[i].exempt = KnownDomain
		}
	}
}

// byMachine reports whether a finding speaks against a person having written the mail.
func (f finding) byMachine() bool {
	return f.automatic || f.Reason.Reason == vocab.ReasonPromotional
}

// exemptConfirmation lets pass what asks to confirm a forwarding, unless it is forged.
func (j *judge) exemptConfirmation() {
	for i := range j.found {
		if j.Confirmation && j.found[i].Reason.Reason != vocab.ReasonSpam {
			j.found[i].exempt = ForwardingConfirmation
		}
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
