package inbox

import (
	"context"
	"fmt"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/emailchannel"
	"parley/ent/targetedmessage"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SetupItem is a step on an inbox's way into use, and whether it is done (DX-6).
type SetupItem struct {
	InboxID string
	What    vocab.SetupStep
	// SubjectID is the channel that the step is about; "" if it is about the inbox.
	SubjectID string
	State     vocab.SetupState
	Text      string
	FixWith   *SetupFix
}

// ID names the step in its inbox, for clients' caches.
func (i *SetupItem) ID() string {
	key := i.InboxID + ":" + string(i.What)
	if i.SubjectID != "" {
		key += ":" + i.SubjectID
	}
	return key
}

// SetupFix is the mutation that does a step, and a document that calls it.
type SetupFix struct{ Mutation, Example string }

// OutgoingMail is what the operator has set up for mail that Parley itself sends.
type OutgoingMail struct {
	// Server: there is a server that sends it; otherwise it is written to files.
	Server bool
	// Sender: it has an address of its own.
	Sender bool
}

// UseOutgoingMail has Setup know what the operator set up.
func (s *Service) UseOutgoingMail(m OutgoingMail) { s.outgoing = m }

// Setup returns what each inbox has and lacks, in the order in which one would do it. It
// is judged by what is stored: nothing outside is asked. A fixed number of statements
// answers for any number of inboxes.
func (s *Service) Setup(ctx context.Context, inboxes []*ent.Inbox) ([][]*SetupItem, error) {
	f, err := s.setupFacts(ctx, inboxes)
	if err != nil {
		return nil, err
	}
	list := make([][]*SetupItem, len(inboxes))
	for n, i := range inboxes {
		c := checklist{inbox: i, facts: f, members: f.members[n], outgoing: s.outgoing}
		list[n] = c.items()
	}
	return list, nil
}

// setupFacts is what is stored of some inboxes.
type setupFacts struct {
	members  [][]*ent.User
	chats    map[string][]*ent.Channel         // by inbox
	mails    map[string][]*ent.EmailChannel    // by inbox
	messages map[string][]*ent.TargetedMessage // by channel
	used     map[string]bool                   // channels through which something came
}

func (s *Service) setupFacts(ctx context.Context, inboxes []*ent.Inbox) (*setupFacts, error) {
	f := &setupFacts{
		chats: map[string][]*ent.Channel{}, mails: map[string][]*ent.EmailChannel{},
		messages: map[string][]*ent.TargetedMessage{}, used: map[string]bool{},
	}
	ids, client := idsOf(inboxes), s.store.Client(ctx)
	var err error
	if f.members, err = s.AllMembers(ctx, inboxes...); err != nil {
		return nil, err
	}
	chats, err := client.Channel.Query().Where(channel.InboxIDIn(ids...), channel.KindEQ(vocab.Chat), channel.RemovedAt(0)).Order(channel.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	mails, err := client.EmailChannel.Query().Where(emailchannel.InboxIDIn(ids...), emailchannel.RemovedAt(0)).Order(emailchannel.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := client.TargetedMessage.Query().Where(targetedmessage.InboxIDIn(ids...)).Order(targetedmessage.ByPosition(), targetedmessage.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range chats {
		f.chats[c.InboxID] = append(f.chats[c.InboxID], c)
	}
	for _, c := range mails {
		f.mails[c.InboxID] = append(f.mails[c.InboxID], c)
	}
	for _, m := range messages {
		f.messages[m.ChannelID] = append(f.messages[m.ChannelID], m)
	}
	return f, s.findUsed(ctx, f, ids)
}

// findUsed finds the chat channels that a visitor came to, and the e-mail channels that
// received a mail.
func (s *Service) findUsed(ctx context.Context, f *setupFacts, inboxIDs []string) error {
	v := viewer.FromContext(ctx)
	if len(inboxIDs) == 0 {
		return nil
	}
	q := &store.Statement{}
	q.WriteString(`SELECT c.id FROM channels c WHERE c.account_id = ` + q.Arg(v.AccountID) + ` AND c.inbox_id IN (` + store.List(q, inboxIDs) + `)
		AND (EXISTS (SELECT 1 FROM visitors v WHERE v.channel_id = c.id) OR EXISTS (SELECT 1 FROM inbound_mails m WHERE m.channel_id = c.id))`)
	return store.ForEachRow(ctx, s.store, q.String(), q.Args, func(rows entsql.ColumnScanner) error {
		var channelID string
		if err := rows.Scan(&channelID); err != nil {
			return err
		}
		f.used[channelID] = true
		return nil
	})
}

// checklist makes the items of one inbox.
type checklist struct {
	inbox    *ent.Inbox
	facts    *setupFacts
	members  []*ent.User
	outgoing OutgoingMail
	list     []*SetupItem
}

func (c *checklist) items() []*SetupItem {
	c.checkMembers()
	chats, mails := c.facts.chats[c.inbox.ID], c.facts.mails[c.inbox.ID]
	c.add(vocab.SetupChannel, "", len(chats)+len(mails) > 0, vocab.SetupTodo,
		"The inbox has a channel.", "The inbox has no channel: nothing can arrive in it.", fixChannel(c.inbox.ID))
	for _, chat := range chats {
		c.checkChat(chat)
	}
	for _, mail := range mails {
		c.checkMail(mail)
	}
	if len(chats) > 0 {
		c.checkSender(mails)
	}
	return c.list
}

// add adds an item: done, or in the state that it has otherwise.
func (c *checklist) add(what vocab.SetupStep, subjectID string, done bool, otherwise vocab.SetupState, good, bad string, fix *SetupFix) {
	item := &SetupItem{InboxID: c.inbox.ID, What: what, SubjectID: subjectID, State: vocab.SetupDone, Text: good}
	if !done {
		item.State, item.Text, item.FixWith = otherwise, bad, fix
	}
	c.list = append(c.list, item)
}

func (c *checklist) checkMembers() {
	seated := func(u *ent.User) bool { return u.Seat != vocab.SeatNone }
	c.add(vocab.SetupMembers, "", slices.ContainsFunc(c.members, seated), vocab.SetupTodo,
		"A member has a seat.", "No member has a seat: routing cannot choose anyone.", fixMembers(c.inbox.ID, c.members))
	c.add(vocab.SetupAvailability, "", slices.ContainsFunc(c.members, func(u *ent.User) bool { return seated(u) && u.Availability == vocab.Available }), vocab.SetupWarn,
		"A member with a seat takes new chats now.", "No member with a seat takes new chats now: they wait until someone becomes available.", fixAvailability(c.members))
}

func (c *checklist) checkChat(chat *ent.Channel) {
	live, routed := false, true
	var example *ent.TargetedMessage
	for _, m := range c.facts.messages[chat.ID] {
		if m.State != vocab.TargetedOn {
			continue
		}
		live = true
		if len(m.Routing.Rules) == 0 {
			routed, example = false, m
		}
	}
	c.add(vocab.SetupTargetedMessage, chat.ID, live, vocab.SetupTodo,
		"A targeted message is live.", "No targeted message is live: visitors see no chat.", fixMessage(chat.ID, c.facts.messages[chat.ID]))
	c.add(vocab.SetupSnippet, chat.ID, c.facts.used[chat.ID], vocab.SetupTodo,
		"The tracking code was seen at work.", "The tracking code was never seen at work: put it into the site's pages.", fixSnippet(chat.ID))
	if live {
		bad := ""
		if example != nil {
			bad = fmt.Sprintf("The targeted message %q has no routing: its chats are not assigned to anyone.", example.Name)
		}
		c.add(vocab.SetupRouting, chat.ID, routed, vocab.SetupWarn, "Chats are routed.", bad, fixChatRouting(example, c.members))
	}
}

func (c *checklist) checkMail(m *ent.EmailChannel) {
	broken := m.State == vocab.EmailError || m.State == vocab.EmailDisconnected
	lacks := fmt.Sprintf("%s is not connected: its mail neither arrives nor goes out.", m.Address)
	plain := m.Imap.Security == vocab.MailPlain || m.SMTP.Security == vocab.MailPlain
	if plain && !broken {
		lacks = fmt.Sprintf("%s is connected without encryption (security NONE): its password and mail can be read on the way. Connect with TLS or STARTTLS.", m.Address)
	}
	c.add(vocab.SetupConnection, m.ID, !broken && !plain, vocab.SetupWarn, fmt.Sprintf("%s is connected.", m.Address), lacks, fixConnection(m))
	if m.Provider == vocab.EmailForwarding {
		c.add(vocab.SetupForwarding, m.ID, c.facts.used[m.ID], vocab.SetupTodo,
			fmt.Sprintf("Forwarded mail to %s has arrived.", m.Address),
			fmt.Sprintf("No mail to %s has arrived: have the mailbox forward to the channel's forwardingAddress, and send a mail to try it.", m.Address), nil)
		c.add(vocab.SetupSignature, m.ID, m.DkimKey != "", vocab.SetupWarn,
			fmt.Sprintf("Mail from %s is signed with DKIM; its record is `EmailChannel.dkim`.", m.Address),
			fmt.Sprintf("Mail from %s is sent by the operator's server and is not signed with DKIM: recipients may take it for spam.", m.Address), fixSignature(m))
	}
	c.add(vocab.SetupRouting, m.ID, len(m.Routing.Rules) > 0, vocab.SetupWarn,
		fmt.Sprintf("Mail to %s is routed.", m.Address), fmt.Sprintf("Mail to %s has no routing: its conversations are not assigned to anyone.", m.Address), fixMailRouting(m, c.members))
}

// checkSender looks at where mail to visitors who have left comes from (CH-6).
func (c *checklist) checkSender(mails []*ent.EmailChannel) {
	connected := slices.ContainsFunc(mails, func(m *ent.EmailChannel) bool { return m.State == vocab.EmailConnected })
	bad := "The server has no PARLEY_SMTP_URL: Parley's own mail, such as replies that visitors missed, is written to files and reaches no one."
	if c.outgoing.Server {
		bad = "Neither PARLEY_MAIL_FROM nor a connected e-mail channel gives Parley's own mail, such as replies that visitors missed, a sender."
	}
	c.add(vocab.SetupMailSender, "", connected || c.outgoing.Server && c.outgoing.Sender, vocab.SetupWarn,
		"Parley's own mail has a sender.", bad, nil)
}
