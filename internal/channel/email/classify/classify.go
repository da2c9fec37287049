package classify

import (
	"net/textproto"
	"strings"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// longestDetail is the most of a header's value that a detail shows, in bytes.
const longestDetail = 200

// finding is what a rule found.
type finding struct {
	Reason
	// exempt names what makes up for the finding, "" if nothing does.
	exempt string
	// automatic, autoReply, bounce and quiet (NoAutoAnswer) hold whether it is
	// exempt or not.
	automatic, autoReply, bounce, quiet bool
}

// judge looks at one mail.
type judge struct {
	Facts
	own    map[string]bool
	sender string
	found  []finding
	// confirmed: a server that is trusted confirms who sent the mail.
	confirmed bool
}

// Classify judges a mail (IN-11). Blocking always counts. The allow list
// overrides every other reason, and so takes the account's word for senders
// that fail authentication.
func Classify(f Facts) Verdict {
	if f.Mail == nil {
		f.Mail = &parse.Mail{}
	}
	j := &judge{Facts: f, own: addressSet(f.OwnAddresses, f.ChannelAddresses)}
	j.sender = thread.Address(sender(f.Mail, j.own).Address)
	if f.FormAuthor != nil {
		j.sender = thread.Address(f.FormAuthor.Address)
	}
	authentication := j.authenticate()
	j.judgeSpamMarks()
	j.judgeBlock()
	j.judgeRole()
	j.judgeBulk()
	j.judgeReport()
	j.judgeAutomatic()
	j.judgeLoop()
	j.exemptKnownDomain()
	j.exemptConfirmation()
	v := j.verdict()
	v.Authentication, v.Authenticated = authentication, j.confirmed
	return v
}

func (j *judge) judgeBlock() {
	if j.Blocked {
		j.addFinding(vocab.ReasonBlockedSender, "BLOCKED", "The sender "+clip(j.sender)+" is blocked.")
	}
}

// verdict sums up what was found.
func (j *judge) verdict() Verdict {
	var v Verdict
	entry := j.allowed()
	for _, f := range j.found {
		v.Automatic = v.Automatic || f.automatic
		v.AutoReply = v.AutoReply || f.autoReply
		v.Bounce = v.Bounce || f.bounce
		v.NoAutoAnswer = v.NoAutoAnswer || f.automatic || f.quiet
		switch {
		case f.Code == "":
		case f.Reason.Reason == vocab.ReasonBlockedSender:
			v.Reasons = append(v.Reasons, f.Reason)
		case entry != "":
			v.Allowed = entry
		case f.exempt != "":
			v.Allowed = f.exempt
		default:
			v.Reasons = append(v.Reasons, f.Reason)
		}
	}
	v.AutoReply = v.AutoReply && !v.Bounce && j.Mail.Report == nil
	return v
}

// addFinding adds a finding, which the caller may refine.
func (j *judge) addFinding(reason vocab.FilteredReason, code, detail string) *finding {
	j.found = append(j.found, finding{Reason: Reason{Reason: reason, Code: code, Detail: detail}})
	return &j.found[len(j.found)-1]
}

// findAutomatic adds that a machine wrote the mail.
func (j *judge) findAutomatic(code, detail string) *finding {
	f := j.addFinding(vocab.ReasonAutoReply, code, detail)
	f.automatic = true
	return f
}

// forbidAnswers notes that no machine may answer, which is no reason to filter.
func (j *judge) forbidAnswers() { j.found = append(j.found, finding{quiet: true}) }

// headers returns the values of a header from top to bottom, without empty
// ones.
func (j *judge) headers(name string) []string {
	var values []string
	for _, v := range j.Mail.Header[textproto.CanonicalMIMEHeaderKey(name)] {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// header returns the topmost value of a header, "" if there is none.
func (j *judge) header(name string) string {
	if values := j.headers(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// quoteHeader shows a header in a detail.
func quoteHeader(name, value string) string { return name + ": " + clip(value) }

// clip makes one short line of a value.
func clip(value string) string {
	value = strings.Join(strings.Fields(strings.ToValidUTF8(value, "")), " ")
	if len(value) <= longestDetail {
		return value
	}
	return strings.ToValidUTF8(value[:longestDetail], "") + "…"
}

// addressSet has the addresses of all lists in the form in which they compare.
func addressSet(lists ...[]string) map[string]bool {
	all := map[string]bool{}
	for _, list := range lists {
		for _, address := range list {
			if address = thread.Address(address); address != "" {
				all[address] = true
			}
		}
	}
	return all
}
