package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/channeladdress"
	"parley/ent/inboundmail"
	"parley/ent/schema"
	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/thread"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// maxAttempts at reading a mail; after them it becomes a message with the raw
	// mail attached, and nothing else (pitfall 7).
	maxAttempts = 4
	// maxPlain is after how many attempts even that begins a conversation of its
	// own, which nobody judges.
	maxPlain = 6
	// maxRaw bounds what of a raw mail is held in memory.
	maxRaw = 200 << 20
)

// ingest makes a stored mail a message, once: a mail that is read already stays
// as it is.
func (s *Service) ingest(ctx context.Context, mailID string) error {
	row, err := s.store.Client(ctx).InboundMail.Get(ctx, mailID)
	if err != nil || row.State != stored {
		return err
	}
	r, err := s.prepare(ctx, row)
	if err == nil {
		err = s.settle(ctx, []*reading{r})
	}
	return s.failed(ctx, row, err)
}

// failed notes why a mail could not be read, and returns that.
func (s *Service) failed(ctx context.Context, row *ent.InboundMail, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	attempts := 1
	if errors.As(err, &storageError{}) {
		attempts = 0 // no fault of the mail's
	}
	note := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE inbound_mails SET attempts = attempts + $1, error = $2 WHERE id = $3 AND account_id = $4`,
			attempts, clip(err.Error(), 500), row.ID, row.AccountID)
		return err
	})
	return errors.Join(err, note)
}

// storageError is a failure of the file storage.
type storageError struct{ error }

// Unwrap returns what the storage said.
func (e storageError) Unwrap() error { return e.error }

// prepare does all with a mail that needs no transaction: it reads it and keeps
// its files.
func (s *Service) prepare(ctx context.Context, row *ent.InboundMail) (r *reading, err error) {
	defer caught(&err)
	raw, err := s.blobs.ReadAll(ctx, row.BlobKey, maxRaw)
	if err != nil {
		return nil, storageError{err}
	}
	r = readMail(row, raw, row.Attempts >= maxAttempts)
	r.row = row
	known, err := s.identified(ctx, row.InboxID, r.identity)
	if err != nil {
		return nil, err
	}
	if !known {
		if err := s.keepFiles(ctx, r, row); err != nil {
			return nil, storageError{err}
		}
	}
	return r, nil
}

// settle puts mails where they belong, in their order and in one transaction.
func (s *Service) settle(ctx context.Context, mails []*reading) (err error) {
	defer caught(&err)
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, r := range mails {
			if _, err := s.place(ctx, tx, r.row.ID, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// caught makes a panic an error: a bug that one mail meets keeps no other from
// being read.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("reading the mail panicked: %v", p)
	}
}

// together are settled in one transaction: more would keep other writers
// waiting.
const together = 4

// ingestAll reads mails in their order, several at a time. What fails waits for
// the sweep.
func (s *Service) ingestAll(ctx context.Context, ids []string) {
	for some := range slices.Chunk(ids, together) {
		if ctx.Err() != nil {
			return
		}
		if err := s.ingestSome(ctx, some); err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "mail could not be read yet", "error", err)
		}
	}
}

func (s *Service) ingestSome(ctx context.Context, ids []string) error {
	rows, err := s.store.Client(ctx).InboundMail.Query().Where(inboundmail.IDIn(ids...), inboundmail.StateEQ(stored)).
		Order(inboundmail.ByID()).All(ctx)
	if err != nil {
		return err
	}
	mails, faults := make([]*reading, len(rows)), make([]error, len(rows))
	var all sync.WaitGroup
	for i, row := range rows {
		all.Go(func() { mails[i], faults[i] = s.prepare(ctx, row) })
	}
	all.Wait()
	ready := slices.DeleteFunc(slices.Clone(mails), func(r *reading) bool { return r == nil })
	if len(ready) > 1 && s.settle(ctx, ready) == nil {
		ready = nil
	}
	for _, r := range ready { // one of them alone is to blame
		if err := s.failed(ctx, r.row, s.settle(ctx, []*reading{r})); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", r.row.ID, err))
		}
	}
	for i, row := range rows {
		if mails[i] == nil {
			faults[i] = s.failed(ctx, row, faults[i])
		}
	}
	return errors.Join(faults...)
}

// identified reports whether an inbox has a mail.
func (s *Service) identified(ctx context.Context, inboxID, identity string) (bool, error) {
	return s.store.Client(ctx).InboundMail.Query().Where(inboundmail.InboxID(inboxID), inboundmail.Identity(identity)).Exist(ctx)
}

// placing is a mail that is being put into its conversation.
type placing struct {
	service  *Service
	tx       *store.Tx
	row      *ent.InboundMail
	c        *ent.EmailChannel
	inbox    *ent.Inbox
	own      []string // all addresses of the account's channels
	channels []string // those of this one
	sender   schema.Mailbox
	*reading

	decision  thread.Decision
	verdict   classify.Verdict
	result    schema.MailVerdict
	contactID string
	m         *ent.Message
	thread    *ent.Conversation
}

// place puts a mail where it belongs. It returns nil where the mail was done
// with before.
func (s *Service) place(ctx context.Context, tx *store.Tx, mailID string, r *reading) (*placing, error) {
	row, err := tx.Client.InboundMail.Query().Where(inboundmail.ID(mailID), inboundmail.StateEQ(stored)).Modify(forUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &placing{service: s, tx: tx, row: row, reading: r}
	if err := p.look(ctx); err != nil {
		return nil, err
	}
	original, err := tx.Client.InboundMail.Query().Where(inboundmail.InboxID(row.InboxID), inboundmail.Identity(r.identity)).Only(ctx)
	switch {
	case err == nil:
		p.result.Problems = r.problems
		return p, p.finish(ctx, vocab.InboundDuplicate, original.ConversationID, original.MessageID)
	case !ent.IsNotFound(err):
		return nil, err
	}
	steps := []func(context.Context) (done bool, err error){p.ownCopy, p.report, p.message}
	if p.unjudged() {
		steps = steps[2:]
	}
	for _, step := range steps {
		if done, err := step(ctx); done || err != nil {
			return p, err
		}
	}
	return p, nil
}

// look reads what a mail is judged by.
func (p *placing) look(ctx context.Context) (err error) {
	if p.c, err = p.tx.Client.EmailChannel.Get(ctx, p.row.ChannelID); err != nil {
		return err
	}
	if p.inbox, err = p.tx.Client.Inbox.Get(ctx, p.row.InboxID); err != nil {
		return err
	}
	addresses, err := p.tx.Client.ChannelAddress.Query().Select(channeladdress.FieldChannelID, channeladdress.FieldAddress).All(ctx)
	if err != nil {
		return err
	}
	p.channels = append([]string{p.c.Address}, p.c.Aliases...)
	for _, a := range addresses {
		p.own = append(p.own, a.Address)
	}
	from := classify.Sender(p.mail, p.own)
	p.sender = schema.Mailbox{Name: clip(from.Name, 200), Address: thread.Address(from.Address)}
	return nil
}

// finish notes what became of the mail.
func (p *placing) finish(ctx context.Context, state vocab.InboundState, conversationID, messageID string) error {
	update := p.tx.Client.InboundMail.Update().Where(inboundmail.ID(p.row.ID)).SetState(state).SetInternetID(p.mail.MessageID).
		SetConversationID(conversationID).SetMessageID(messageID).SetVerdict(p.result).SetError("")
	if state != vocab.InboundDuplicate {
		update.SetIdentity(p.identity)
	}
	return update.Exec(ctx)
}

// message makes the mail a message of the conversation that it belongs to.
func (p *placing) message(ctx context.Context) (bool, error) {
	if err := p.assess(ctx); err != nil {
		return false, err
	}
	c, m, err := p.service.conversations.ReceiveMail(ctx, p.tx, p.inbound())
	if err != nil {
		return false, err
	}
	p.thread, p.m = c, m
	if err := p.writeEmail(ctx); err != nil {
		return false, err
	}
	if len(p.files) > 0 {
		by := inAccount(ctx, p.row.AccountID)
		if _, err := p.service.files.Store(by, p.tx, p.files, c, m.ID); err != nil {
			return false, err
		}
	}
	return true, p.finish(ctx, vocab.InboundIngested, c.ID, m.ID)
}

// unjudged reports whether the mail only begins a conversation, since all else
// failed.
func (p *placing) unjudged() bool { return p.row.Attempts >= maxPlain }

// assess finds out who wrote the mail, what the filter says, and where it belongs.
func (p *placing) assess(ctx context.Context) error {
	if p.unjudged() {
		p.result = schema.MailVerdict{Thread: thread.NothingFound, Problems: p.problems}
		return p.contact(ctx, &classify.Facts{})
	}
	if err := p.judge(ctx); err != nil {
		return err
	}
	return p.decide(ctx)
}

// inbound is the mail as conversations take it.
func (p *placing) inbound() conversation.Inbound {
	in := conversation.Inbound{
		Channel: p.c, MessageID: id.New(id.Message), ConversationID: p.decision.ConversationID, ContactID: p.contactID, From: p.sender,
		ToAddress: p.toAddress(), Subject: clip(p.mail.Subject, maxSubject), Text: p.text, HTML: p.html, At: p.sentAt(),
		Reasons: p.reasons(), Automatic: p.verdict.Automatic, Participants: p.participants(),
		PossiblyRelatedID: p.decision.PossiblyRelated,
	}
	for _, a := range slices.Concat(p.mail.To, p.mail.Cc) {
		in.Recipients = append(in.Recipients, thread.Address(a.Address))
	}
	return in
}

// sentAt is when the mail arrived.
func (p *placing) sentAt() clock.Micros { return min(p.row.ArrivedAt, p.tx.Now()) }

// toAddress is the channel's address that the mail was sent to (IN-1).
func (p *placing) toAddress() string {
	asked := slices.Clone(p.mail.DeliveredTo)
	for _, a := range slices.Concat(p.mail.To, p.mail.Cc) {
		asked = append(asked, a.Address)
	}
	for _, a := range asked {
		if a = thread.Address(a); slices.Contains(p.channels, a) {
			return a
		}
	}
	return p.c.Address
}

// participants are all who take part in the thread by this mail, but ourselves.
func (p *placing) participants() []schema.Mailbox {
	list := []schema.Mailbox{}
	if strings.Contains(p.sender.Address, "@") {
		list = append(list, p.sender)
	}
	for _, a := range slices.Concat(p.mail.ReplyTo, p.mail.To, p.mail.Cc) {
		address := thread.Address(a.Address)
		known := slices.ContainsFunc(list, func(m schema.Mailbox) bool { return m.Address == address })
		if !known && strings.Contains(address, "@") && !p.isOurs(address) && len(list) < 500 {
			list = append(list, schema.Mailbox{Name: clip(a.Name, 200), Address: address})
		}
	}
	return list
}

// isOurs reports whether an address is one of this channel's, its reply
// addresses included.
func (p *placing) isOurs(address string) bool {
	local, domain, _ := strings.Cut(address, "@")
	if base, _, plus := strings.Cut(local, "+"); plus && slices.Contains(p.channels, base+"@"+domain) {
		return true
	}
	return slices.Contains(p.channels, address) || p.service.o.Domain != "" && domain == p.service.o.Domain
}

func mailboxes[A any](list []A, of func(A) (name, address string)) []schema.Mailbox {
	out := make([]schema.Mailbox, len(list))
	for i, a := range list {
		out[i].Name, out[i].Address = of(a)
	}
	return out
}

func forUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}
