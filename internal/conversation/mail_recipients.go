package conversation

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	entchannel "parley/ent/channel"
	"parley/ent/channeladdress"
	"parley/ent/contactemail"
	"parley/ent/email"
	"parley/ent/emailchannel"
	"parley/ent/participant"
	"parley/internal/emailaddress"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxRecipients is the most recipients of one mail, copies included.
const MaxRecipients = 100

const (
	maxAddress = 254 // bytes, as RFC 5321 has it
	maxDisplay = 200 // characters of a recipient's name
)

// recipients are who gets a mail.
type recipients struct{ to, cc, bcc []vocab.Mailbox }

// fillRecipients puts the recipients on a mail: each once, and at least one.
func (r recipients) fillRecipients(m *Outgoing) error {
	seen := map[string]bool{}
	m.To, m.Cc, m.Bcc = unlike(r.to, seen), unlike(r.cc, seen), unlike(r.bcc, seen)
	switch {
	case len(seen) > MaxRecipients:
		return errs.Exceeds(MaxRecipients, "There are %d recipients; at most %d are allowed.", len(seen), MaxRecipients).On("to")
	case len(m.To) == 0:
		return errs.New(errs.Required, "The e-mail requires a recipient.").On("to")
	}
	return nil
}

// unlike returns the mailboxes that were not seen before.
func unlike(list []vocab.Mailbox, seen map[string]bool) []vocab.Mailbox {
	fresh := []vocab.Mailbox{}
	for _, m := range list {
		if key := strings.ToLower(m.Address); !seen[key] {
			seen[key] = true
			fresh = append(fresh, m)
		}
	}
	return fresh
}

// cleanRecipients reads what a caller wrote: bare addresses, or with a name as in
// "Ada <ada@example.com>". The errors are joined and blame the places.
func cleanRecipients(to, cc, bcc []string) (recipients, error) {
	if n := len(to) + len(cc) + len(bcc); n > MaxRecipients {
		return recipients{}, errs.Exceeds(MaxRecipients, "There are %d recipients; at most %d are allowed.", n, MaxRecipients).On("to")
	}
	var r recipients
	var faults []error
	for _, f := range []struct {
		name string
		from []string
		into *[]vocab.Mailbox
	}{{"to", to, &r.to}, {"cc", cc, &r.cc}, {"bcc", bcc, &r.bcc}} {
		for i, text := range f.from {
			m, err := cleanMailbox(text, f.name, strconv.Itoa(i))
			*f.into, faults = append(*f.into, m), append(faults, err)
		}
	}
	return r, errors.Join(faults...)
}

func cleanMailbox(text string, field ...string) (vocab.Mailbox, error) {
	invalid := errs.New(errs.Invalid, "This is not an e-mail address; write it like \"ada@example.com\", or with a name like \"Ada <ada@example.com>\".").On(field...)
	name, address, ok := emailaddress.Parse(text)
	m := vocab.Mailbox{Address: strings.ToLower(address)}
	if !ok && emailaddress.Valid(text) { // bare, as a contact's is kept
		m.Address, ok = strings.ToLower(text), true
	}
	if !ok || !utf8.ValidString(text) || strings.HasSuffix(m.Address, "]") { // the number of a host is not taken
		return m, invalid
	}
	if len(m.Address) > maxAddress {
		return m, errs.Exceeds(maxAddress, "The address has %d characters; at most %d are allowed.", len(m.Address), maxAddress).On(field...)
	}
	var err error
	if strings.TrimSpace(name) != "" {
		m.Name, err = richtext.OneLine(name, maxDisplay, field...)
	}
	return m, err
}

// lastMail is the mail that an answer goes to: the newest one that someone wrote
// who is not blocked, else the newest of ours; nil: there is none.
func (ch *change) lastMail(ctx context.Context) (*ent.Email, error) {
	const looked = 50
	newest, err := ch.tx.Client.Email.Query().Where(email.ConversationID(ch.c.ID), email.Automatic(false)).
		Order(ent.Desc(email.FieldID)).Limit(looked).All(ctx)
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	for _, m := range newest {
		blocked := slices.ContainsFunc(m.Verdict.Reasons, func(r vocab.FilterReason) bool { return r.Reason == vocab.ReasonBlockedSender })
		if m.InboundMailID != "" && !blocked && !fromTeam(m) {
			return m, nil
		}
	}
	for _, m := range newest {
		if m.InboundMailID == "" && !canceled(m) {
			return m, nil
		}
	}
	return nil, nil
}

// fromTeam reports whether a colleague sent a mail from a mailbox of their own. What they
// forwarded is its author's (EM-9).
func fromTeam(m *ent.Email) bool { return m.UserID != "" && !m.Typed }

// canceled reports whether a mail of ours was taken back before it was sent.
func canceled(m *ent.Email) bool {
	return len(m.Recipients) > 0 && m.Recipients[0].State == vocab.DeliveryCanceled
}

// usualRecipients are those of an answer to a mail: its author and, to answer
// all, everyone else on it, but for the account's own channels. Where that leaves
// no one but strangers it is the contact, and they (EM-6).
func (ch *change) usualRecipients(ctx context.Context, last *ent.Email, all bool) (recipients, error) {
	var r recipients
	if last != nil {
		ours, err := ch.ownAddresses(ctx, slices.Concat([]vocab.Mailbox{last.From}, last.ReplyTo, last.To, last.Cc))
		if err != nil {
			return r, err
		}
		if all {
			if err := ch.addRemoved(ctx, ours); err != nil {
				return r, err
			}
		}
		r = answerRecipients(last, ours, all)
	}
	strangers, err := ch.onlyStrangers(ctx, slices.Concat(r.to, r.cc))
	if err != nil || !strangers || ch.c.ContactID == "" {
		return r, err
	}
	contact, err := ch.tx.Client.Contact.Get(viewer.AsSystem(ctx, "mail"), ch.c.ContactID)
	if err == nil && contact.Email != "" {
		r.to = append([]vocab.Mailbox{{Name: contact.Name, Address: contact.Email}}, r.to...)
	}
	return r, err
}

// onlyStrangers reports whether no one who takes part in the conversation named any of
// the people, or there are none. The contact is no stranger, by whatever address.
func (ch *change) onlyStrangers(ctx context.Context, people []vocab.Mailbox) (bool, error) {
	addresses := []string{}
	for _, m := range people {
		addresses = append(addresses, strings.ToLower(m.Address))
	}
	if len(addresses) == 0 {
		return true, nil
	}
	joined, err := ch.tx.Client.Participant.Query().
		Where(participant.ConversationID(ch.c.ID), participant.AddressIn(addresses...), participant.Joined(true)).Count(ctx)
	if err != nil || joined == 0 || joined < len(unlike(people, map[string]bool{})) {
		return false, err
	}
	contacts, err := ch.tx.Client.ContactEmail.Query().Where(contactemail.ContactID(ch.c.ContactID), contactemail.AddressIn(addresses...)).Exist(ctx)
	return !contacts, err
}

// answerRecipients is who gets an answer to a mail. An answer to a mail of ours
// goes to whom that went.
func answerRecipients(last *ent.Email, ours map[string]bool, all bool) recipients {
	others := func(list []vocab.Mailbox) []vocab.Mailbox {
		return slices.DeleteFunc(slices.Clone(list), func(m vocab.Mailbox) bool { return m.Address == "" || ours[strings.ToLower(m.Address)] })
	}
	r := recipients{to: others(last.To)}
	copied := others(last.Cc)
	if last.InboundMailID != "" && !fromTeam(last) {
		copied = append(r.to, copied...)
		if r.to = others(last.ReplyTo); len(r.to) == 0 {
			r.to = others([]vocab.Mailbox{last.From})
		}
	}
	if all {
		r.cc = copied
	}
	return r
}

// ownAddresses reports which addresses, in lower case, are of the account's own
// channels, with or without something after a plus sign: their own, and those to which
// other mailboxes forward, which no one else has the key of.
func (ch *change) ownAddresses(ctx context.Context, list []vocab.Mailbox) (map[string]bool, error) {
	plain := map[string]string{}
	for _, m := range list {
		address := strings.ToLower(m.Address)
		plain[address] = withoutTag(address)
	}
	asked, keys := []string{}, []string{}
	for address, bare := range plain {
		asked = append(asked, address, bare)
		if key := localOf(bare); len(key) >= shortestKey {
			keys = append(keys, key)
		}
	}
	// All of them count, also of inboxes that the viewer does not see.
	ctx = byRouting(ctx, ch.c.AccountID)
	found, err := ch.tx.Client.ChannelAddress.Query().Where(channeladdress.AddressIn(asked...)).Select(channeladdress.FieldAddress).Strings(ctx)
	if err != nil {
		return nil, err
	}
	known, err := ch.forwardingKeys(ctx, keys)
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	for address, bare := range plain {
		ours[address] = slices.Contains(found, address) || slices.Contains(found, bare) || slices.Contains(known, localOf(bare))
	}
	return ours, nil
}

// addRemoved adds the addresses of channels that were removed: they are no one else's
// until a channel takes them again (IB-6).
func (ch *change) addRemoved(ctx context.Context, ours map[string]bool) error {
	removed, err := ch.tx.Client.EmailChannel.Query().Where(emailchannel.RemovedAtGT(0)).All(byRouting(ctx, ch.c.AccountID))
	for _, c := range removed {
		for address := range ours {
			if bare := withoutTag(address); bare == c.Address || slices.Contains(c.Aliases, bare) {
				ours[address] = true
			}
		}
	}
	return err
}

// shortestKey is how many characters a channel's key has at least: few addresses have as
// many before the @, so that most answers need not look for any.
const shortestKey = 26

// forwardingKeys returns which of the keys are those of the account's e-mail channels.
func (ch *change) forwardingKeys(ctx context.Context, keys []string) ([]string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return ch.tx.Client.Channel.Query().Where(entchannel.KeyIn(keys...), entchannel.KindEQ(vocab.Email)).Select(entchannel.FieldKey).Strings(ctx)
}

func localOf(address string) string {
	local, _, _ := strings.Cut(address, "@")
	return local
}

// withoutTag is "help@example.com" of "help+anything@example.com".
func withoutTag(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}
