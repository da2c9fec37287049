package receive

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/inboundmail"
	"parley/ent/message"
	"parley/internal/attachment"
	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/thread"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// findRepeated returns the mail that this one repeats; nil: it is new, or says something
// else under the identity of one that came before, which is then p.twin (EM-5).
func (p *placing) findRepeated(ctx context.Context) (*ent.InboundMail, error) {
	alike, err := p.service.findAlike(ctx, p.tx.Client, p.row.InboxID, p.mail, p.raw)
	if err != nil {
		return nil, err
	}
	for _, m := range alike {
		if same, err := p.repeats(ctx, m); err != nil || same {
			return m, err
		}
	}
	p.unique = p.service.salted(p.row.InboxID, p.identity)
	p.likeness = p.unique
	if len(alike) == 0 {
		return nil, nil
	}
	p.twin = alike[0]
	p.unique += "." + p.content[:32] + "." + p.trust().String()
	beyond, err := p.tx.Client.InboundMail.Query().Where(inboundmail.InboxID(p.row.InboxID), inboundmail.Identity(p.unique)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return beyond, err
}

// repeats reports whether the mail is the same as one that came before with the same
// identity.
func (p *placing) repeats(ctx context.Context, m *ent.InboundMail) (bool, error) {
	sameText := m.Content != "" && slices.Contains(p.service.allSalted(p.row.InboxID, p.plainContent), m.Content)
	switch {
	case m.Hash != "" && m.Hash == p.row.Hash:
		return true, nil
	case m.BlobKey == "": // purged: what it said is not known, only whether it is the same
		return sameText || m.Content == "", nil
	case m.State == vocab.InboundRefused && p.trust() != trustOf(m.Verdict.Authenticated, m.Verdict.Authentication):
		return false, nil // now a server that is trusted may confirm who sent it (NT-8)
	case m.State != vocab.InboundIngested:
		return sameText || m.Content == "", nil
	}
	if before, now := trustOf(m.Verdict.Authenticated, m.Verdict.Authentication), p.trust(); before != now {
		// Of two channels one may have a server in front of it that checks senders.
		elsewhere := m.ChannelID != p.row.ChannelID && (before == unknown || now == unknown)
		if !elsewhere || !sameText {
			return false, nil
		}
	}
	if sameText {
		return true, nil
	}
	e, err := p.tx.Client.Email.Query().Where(entemail.ID(m.MessageID)).Only(ctx)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	said, err := p.tx.Client.Message.Query().Where(message.ID(m.MessageID)).Only(ctx)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	return !differ(subjectWords(e.Subject), subjectWords(p.mail.Subject)) && !differ(textWords(said.Text, e.QuotedHTML), textWords(p.text, p.quoted)), nil
}

func ignoreNotFound(err error) error {
	if ent.IsNotFound(err) {
		return nil
	}
	return err
}

// isPurged reports whether a mail is the mark of one that was purged.
func isPurged(m *ent.InboundMail) bool { return m.BlobKey == "" }

// finishRepeat files the mail with the one that it repeats. Nothing of it is kept if that
// was purged; polled once more from its place, it is no repeat to show.
func (p *placing) finishRepeat(ctx context.Context, of *ent.InboundMail) error {
	p.result.Problems = p.problems
	polled := of.Hash != "" && of.Hash == p.row.Hash && of.ChannelID == p.row.ChannelID && of.ArrivedAt == p.row.ArrivedAt
	messageID := of.MessageID
	if polled && !strings.HasPrefix(p.row.Place, "smtp:") {
		messageID = ""
	}
	if !isPurged(of) {
		return p.finishMail(ctx, vocab.InboundDuplicate, of.ConversationID, messageID)
	}
	if err := p.finishMail(ctx, vocab.InboundDuplicate, "", ""); err != nil {
		return err
	}
	return p.forget(ctx)
}

// forget keeps nothing of a mail that was purged before, but that it came (EM-5, IN-13).
func (p *placing) forget(ctx context.Context) error {
	if err := attachment.ForgetBlobs(ctx, p.tx, p.row.AccountID, "inbound_mails", "id", p.row.ID); err != nil {
		return err
	}
	_, err := p.tx.Exec(ctx, `UPDATE inbound_mails SET internet_id = '', verdict = '{}', error = '',
		blob_key = '', envelope_from = '', envelope_to = '[]', hash = '' WHERE id = $1 AND account_id = $2`, p.row.ID, p.row.AccountID)
	return err
}

// trust is what a server that is trusted says of who sent a mail.
type trust int

const (
	unknown trust = iota
	confirmed
	refuted
)

// String names the trust in identities.
func (t trust) String() string { return [...]string{"unknown", "confirmed", "refuted"}[t] }

func trustOf(authenticated bool, results map[string]string) trust {
	switch {
	case authenticated || results["dmarc"] == "pass":
		return confirmed
	case classify.Refuted(results):
		return refuted
	}
	return unknown
}

// trust is that of this mail.
func (p *placing) trust() trust {
	authenticated, results := classify.Authenticate(p.mail, p.service.trustedServers(p.c))
	return trustOf(authenticated, results)
}

// winsOver reports whether the mail is authenticated and the one with the same identity
// is not: what answers that identity then goes to this one.
func (p *placing) winsOver(m *ent.InboundMail) bool {
	return m != nil && p.trust() == confirmed && trustOf(m.Verdict.Authenticated, m.Verdict.Authentication) != confirmed
}

// contentOf is the digest of what a mail says, without what lists and servers change.
func contentOf(r *reading) string {
	return digest(strings.Join(subjectWords(r.mail.Subject), " ") + "\n" + strings.Join(textWords(r.text, r.quoted), " "))
}

// subjectWords are those of a subject, without the tags of lists and the marks of servers.
func subjectWords(subject string) []string {
	subject = thread.Subject(richtext.Clip(subject, maxSubject))
	for strings.HasPrefix(subject, "[") {
		_, rest, found := strings.Cut(subject, "]")
		if !found {
			break
		}
		subject = strings.TrimSpace(rest)
	}
	return wordsIn(subject)
}

// textWords are those of what a mail says, up to the mark of a signature, below which
// lists put their footers. Of a mail that says nothing of its own what it quotes counts.
func textWords(text, quoted string) []string {
	if strings.TrimSpace(text) == "" {
		text = richtext.Text(quoted)
	}
	kept := []string{}
	for line := range strings.Lines(text) {
		mark := strings.TrimSpace(line)
		if mark == "--" || len(mark) >= 10 && strings.Trim(mark, "_-=") == "" {
			break
		}
		kept = append(kept, line)
	}
	return wordsIn(strings.Join(kept, ""))
}
