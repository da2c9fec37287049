package classify

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// listHeaders are those of mailing lists and newsletters (RFC 2369, 2919, 8058).
var listHeaders = []string{
	"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "List-Post",
	"List-Subscribe", "List-Help", "List-Owner", "List-Archive",
}

//go:embed bulk.txt
var bulkText string

// bulkHeaders are names of headers that only programs for mass mail write, in
// lower case; one that ends in "*" stands for all that begin so.
var bulkHeaders = strings.Fields(bulkText)

// bulkMailers are words in X-Mailer that name such programs.
var bulkMailers = []string{
	"acymailing", "activecampaign", "cleverreach", "getresponse", "interspire", "listmonk",
	"mailchimp", "mailpoet", "mailwizz", "mass mail", "mautic", "newsletter", "phplist", "sendy",
}

// judgeBulk finds promotional and bulk mail (IN-11). What a person writes to a
// discussion list is bulk mail too.
func (j *judge) judgeBulk() {
	list := j.ownList()
	for _, name := range listHeaders {
		if value := j.header(name); value != "" {
			j.findBulk(strings.ToUpper(strings.ReplaceAll(name, "-", "_")), quoteHeader(name, value), list)
		}
	}
	for _, name := range []string{"Precedence", "X-Precedence"} {
		switch value := strings.ToLower(j.header(name)); value {
		case "bulk", "list", "junk":
			j.findBulk("PRECEDENCE_"+strings.ToUpper(value), quoteHeader(name, value), list)
		}
	}
	// Amazon SES puts one of its own on every mail that it carries.
	if id := j.header("Feedback-ID"); id != "" && !strings.HasSuffix(strings.ToLower(id), ":amazonses") {
		j.findBulk("FEEDBACK_ID", quoteHeader("Feedback-ID", id), "")
	}
	j.judgeCampaign()
}

// judgeCampaign reports one header of mass mail, the first by name.
func (j *judge) judgeCampaign() {
	for _, name := range slices.Sorted(maps.Keys(j.Mail.Header)) {
		if massMail(strings.ToLower(name)) && j.header(name) != "" {
			j.findBulk("CAMPAIGN", quoteHeader(name, j.header(name)), "")
			return
		}
	}
	mailer := strings.ToLower(j.header("X-Mailer"))
	if slices.ContainsFunc(bulkMailers, func(word string) bool { return strings.Contains(mailer, word) }) {
		j.findBulk("MAILER", quoteHeader("X-Mailer", j.header("X-Mailer")), "")
	}
}

func (j *judge) findBulk(code, detail, exempt string) {
	f := j.addFinding(vocab.ReasonPromotional, code, detail)
	f.quiet, f.exempt = true, exempt
}

// massMail reports whether bulk.txt has a header's name, in lower case.
func massMail(name string) bool {
	return slices.ContainsFunc(bulkHeaders, func(entry string) bool {
		beginning, open := strings.CutSuffix(entry, "*")
		return name == entry || open && strings.HasPrefix(name, beginning)
	})
}

// ownList returns OwnList if the list that the mail came through is an address
// of the account: people then write to it as to the channel itself.
func (j *judge) ownList() string {
	for _, name := range []string{"List-Post", "List-Id", "X-BeenThere", "Mailing-List"} {
		for _, value := range j.headers(name) {
			if j.namesOwn(value) {
				return OwnList
			}
		}
	}
	return ""
}

// namesOwn reports whether a list's header names an own address:
// "<mailto:support@example.com>", "list support@example.com", or, in List-Id,
// "<support.example.com>".
func (j *judge) namesOwn(value string) bool {
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("<>,;? ", r) }) {
		address := thread.Address(strings.TrimPrefix(strings.ToLower(word), "mailto:"))
		if j.own[address] || !strings.Contains(address, "@") && j.own[strings.Replace(address, ".", "@", 1)] {
			return true
		}
	}
	return false
}
