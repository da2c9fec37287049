package classify

import (
	"slices"
	"strings"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// FormAuthor returns who wrote a mail by the contact form of a web site (EM-10): it is
// from a role address, its answers go to one other address, which is of a person, and it
// is no list's or mass mail, nor an answer by itself. Anyone can type such an address.
// Nil: the mail is none.
func FormAuthor(f Facts) *parse.Address {
	j := &judge{Facts: f, own: addressSet(f.OwnAddresses, f.ChannelAddresses)}
	from := thread.Address(f.Mail.From.Address)
	if len(f.Mail.ReplyTo) != 1 || len(f.Mail.Authors) > 0 || j.own[from] || !roleOf(f, from) {
		return nil
	}
	author := f.Mail.ReplyTo[0]
	address := thread.Address(author.Address)
	if !strings.Contains(address, "@") || address == from || j.own[address] || roleOf(f, address) || listed(f.Mail) {
		return nil
	}
	j.judgeBulk()
	j.judgeReport()
	j.judgeAutomatic()
	if slices.ContainsFunc(j.found, func(f finding) bool {
		return f.bounce || f.autoReply || f.Reason.Reason == vocab.ReasonPromotional
	}) {
		return nil
	}
	return &author
}

// roleOf reports whether an address is a role's, also where their mail is not filtered.
func roleOf(f Facts, address string) bool {
	f.RolesPass = false
	return f.IsRole(address)
}
