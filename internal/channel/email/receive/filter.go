package receive

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/channel/email/classify"
	"parley/internal/vocab"
)

// judgeMail finds the contact, and says whether the mail is filtered (IN-11).
func (p *placing) judgeMail(ctx context.Context) error {
	facts := p.facts()
	if p.staff != nil {
		facts.WrittenBefore = true
	} else if err := p.findContact(ctx, &facts); err != nil {
		return err
	}
	if err := p.findExemptions(ctx, &facts); err != nil {
		return err
	}
	if asked, ok := confirmationOf(p.mail, p.mail.Text, p.trust()); ok {
		p.confirmation, facts.Confirmation = &asked, true
	}
	if p.isFromColleague() {
		// A person here wrote it, from another inbox: no loop, and no
		// stranger's office.
		facts.OwnAddresses = slices.DeleteFunc(slices.Clone(p.own), func(a string) bool { return a == p.sender.Address })
		facts.WrittenBefore = true
	}
	p.verdict = classify.Classify(facts)
	v := p.verdict
	p.result.Automatic, p.result.AutoReply, p.result.Bounce = v.Automatic, v.AutoReply, v.Bounce
	p.result.Allowed, p.result.Authentication, p.result.Authenticated, p.result.Problems = v.Allowed, v.Authentication, v.Authenticated, p.problems
	for _, r := range v.Reasons {
		p.result.Reasons = append(p.result.Reasons, vocab.FilterReason(r))
	}
	return nil
}

// facts are those that the mail and its inbox give.
func (p *placing) facts() classify.Facts {
	return classify.Facts{
		Mail: p.mail, OwnAddresses: p.own, ChannelAddresses: p.channels, AllowList: p.inbox.EmailAllowList,
		RoleNames: p.inbox.RoleNames, RolesPass: !p.inbox.RoleFilter, FormAuthor: p.form, TrustedAuthServ: p.service.trustedServers(p.c),
	}
}

// findExemptions looks whether the mail of a role address answers the team's, and whether
// the team knows its domain (IN-11).
func (p *placing) findExemptions(ctx context.Context, facts *classify.Facts) error {
	if facts.WrittenBefore || !facts.IsRole(p.sender.Address) {
		return nil
	}
	if _, _, ok := p.service.tokens.Conversation(slices.Concat(p.mail.References, p.mail.InReplyTo), p.replyAddresses()); ok {
		facts.AnswersUs = true
		return nil
	}
	domain := p.sender.Address[strings.LastIndex(p.sender.Address, "@")+1:]
	known := "substr(email, instr(email, '@') + 1)"
	if p.service.store.Postgres() {
		known = "split_part(email, '@', 2)"
	}
	n, err := p.tx.Number(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM contacts WHERE account_id = $1 AND "+known+" = $2 AND written_at > 0 LIMIT 1) AS written", p.row.AccountID, domain)
	facts.KnownDomain = n > 0
	return err
}

// trustedServers are the servers whose Authentication-Results count on a
// channel's mail: its provider's own, and those that the operator names.
func (s *Service) trustedServers(c *ent.EmailChannel) []string {
	switch c.Provider {
	case vocab.EmailGmail:
		return append([]string{"mx.google.com"}, s.o.TrustedAuthServ...)
	case vocab.EmailMicrosoft365:
		return append([]string{""}, s.o.TrustedAuthServ...)
	}
	return s.o.TrustedAuthServ
}

// isFromColleague reports whether we sent the mail, from another inbox.
func (p *placing) isFromColleague() bool {
	_, messageID, ok := p.service.tokens.Conversation(p.ownIDs(), nil)
	return ok && messageID != "" && slices.Contains(p.own, p.sender.Address)
}

// reasons are why a conversation that the mail begins is filtered.
func (p *placing) reasons() (set vocab.FilteredReasons) {
	for _, r := range p.verdict.Reasons {
		set = set.With(r.Reason)
	}
	return set
}
