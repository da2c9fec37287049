package receive

import (
	"context"

	"parley/ent"
	"parley/ent/channeladdress"
	"parley/ent/inboundmail"
	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/settings"
	"parley/internal/channel/email/thread"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// placing is a mail that is being put into its conversation.
type placing struct {
	service  *Service
	tx       *store.Tx
	row      *ent.InboundMail
	c        *ent.EmailChannel
	inbox    *ent.Inbox
	own      []string // all addresses of the account's channels
	channels []string // those of this one
	sender   vocab.Mailbox
	*reading

	// unique and likeness are what the mail is known by from now on; twin is the mail that
	// came before with the same identity and says something else (EM-5).
	unique, likeness string
	twin             *ent.InboundMail

	// staff sent the mail from a mailbox of their own (EM-9), and forwarded is who wrote what
	// they forward in it. typed: the sender is only named in the mail.
	staff     *ent.User
	forwarded *vocab.Mailbox
	typed     bool
	// form is who wrote by a contact form, and confirmation what a provider asks (EM-10).
	form         *parse.Address
	confirmation *vocab.ForwardingConfirmation

	// answered is the conversation whose notification a colleague answers to its contact as well,
	// whose server has that answer (NT-8); "": none.
	answered string

	decision  thread.Decision
	verdict   classify.Verdict
	result    vocab.MailVerdict
	contactID string
	m         *ent.Message
	thread    *ent.Conversation
}

// placeMail puts a mail where it belongs. It returns nil where the mail was done
// with before.
func (s *Service) placeMail(ctx context.Context, tx *store.Tx, mailID string, r *reading) (*placing, error) {
	row, err := tx.Client.InboundMail.Query().Where(inboundmail.ID(mailID), inboundmail.StateEQ(stored)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &placing{service: s, tx: tx, row: row, reading: r}
	if err := p.loadContext(ctx); err != nil {
		return nil, err
	}
	repeated, err := p.findRepeated(ctx)
	if err != nil {
		return nil, err
	}
	if repeated != nil {
		return p, p.finishRepeat(ctx, repeated)
	}
	steps := []func(context.Context) (done bool, err error){p.answerNotification, p.ownCopy, p.applyReport, p.addMessage}
	if p.unjudged() {
		steps = []func(context.Context) (done bool, err error){p.answerNotification, p.addMessage}
	}
	for _, step := range steps {
		if done, err := step(ctx); done || err != nil {
			return p, err
		}
	}
	return p, nil
}

// loadContext reads what a mail is judged by.
func (p *placing) loadContext(ctx context.Context) (err error) {
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
	if p.form = classify.FormAuthor(p.facts()); p.form != nil {
		from, p.typed = *p.form, true
	}
	p.sender = vocab.Mailbox{Name: richtext.Clip(from.Name, 200), Address: thread.Address(from.Address)}
	return nil
}

// finishMail notes what became of the mail.
func (p *placing) finishMail(ctx context.Context, state vocab.InboundState, conversationID, messageID string) error {
	update := p.tx.Client.InboundMail.Update().Where(inboundmail.ID(p.row.ID)).SetState(state).SetInternetID(p.mail.MessageID).
		SetConversationID(conversationID).SetMessageID(messageID).SetVerdict(p.result).SetError("")
	if state != vocab.InboundDuplicate {
		update.SetIdentity(p.unique).SetLikeness(p.likeness).SetContent(p.content)
	}
	return update.Exec(ctx)
}

// addMessage makes the mail a message of the conversation that it belongs to.
func (p *placing) addMessage(ctx context.Context) (bool, error) {
	if err := p.assessMail(ctx); err != nil {
		return false, err
	}
	if err := p.postMail(ctx); err != nil {
		return false, err
	}
	c, m := p.thread, p.m
	if err := p.writeEmail(ctx); err != nil {
		return false, err
	}
	if err := p.noteConfirmation(ctx); err != nil {
		return false, err
	}
	if len(p.files) > 0 {
		by := settings.InAccount(ctx, p.row.AccountID)
		if _, err := p.service.files.Store(by, p.tx, p.files, c, m.ID); err != nil {
			return false, err
		}
	}
	return true, p.finishMail(ctx, vocab.InboundIngested, c.ID, m.ID)
}

// postMail adds the mail to its thread, or begins one.
func (p *placing) postMail(ctx context.Context) (err error) {
	if p.staff != nil && !p.typed {
		return p.addStaffMessage(ctx)
	}
	p.thread, p.m, err = p.service.conversations.ReceiveMail(ctx, p.tx, p.incomingMail())
	return err
}

// unjudged reports whether the mail only begins a conversation, since all else
// failed.
func (p *placing) unjudged() bool { return p.row.Attempts >= maxPlain }

// assessMail finds out who wrote the mail, what the filter says, and where it
// belongs.
func (p *placing) assessMail(ctx context.Context) error {
	if p.unjudged() {
		p.result = vocab.MailVerdict{Thread: thread.NothingFound, Problems: p.problems}
		return p.findContact(ctx, &classify.Facts{})
	}
	if err := p.findStaff(ctx); err != nil {
		return err
	}
	if err := p.judgeMail(ctx); err != nil {
		return err
	}
	if err := p.findThread(ctx); err != nil {
		return err
	}
	return p.settleStaff(ctx)
}
