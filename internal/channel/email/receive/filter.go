package receive

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/channel/email/classify"
	"parley/internal/vocab"
)

// judgeMail finds the contact, and says whether the mail is filtered (IN-11).
func (p *placing) judgeMail(ctx context.Context) error {
	facts := classify.Facts{
		Mail: p.mail, OwnAddresses: p.own, ChannelAddresses: p.channels, AllowList: p.inbox.EmailAllowList,
		TrustedAuthServ: p.service.trustedServers(p.c),
	}
	if err := p.findContact(ctx, &facts); err != nil {
		return err
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
	p.result.Allowed, p.result.Authentication, p.result.Problems = v.Allowed, v.Authentication, p.problems
	for _, r := range v.Reasons {
		p.result.Reasons = append(p.result.Reasons, vocab.FilterReason(r))
	}
	return nil
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
