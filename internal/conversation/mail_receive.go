package conversation

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/participant"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Inbound is a mail that was read and judged. The email package fills it.
type Inbound struct {
	// Channel is the e-mail channel that it came to. What begins a thread goes by its
	// routing, and by its preset of tickets (EM-3).
	Channel   *ent.EmailChannel
	MessageID string
	// ConversationID is the thread that it joins; "" begins a new one.
	ConversationID string
	// ContactID is who wrote it; "": no contact could be found or made.
	ContactID string
	From      vocab.Mailbox
	// ToAddress is the channel's address that it came to.
	ToAddress string
	// Recipients are the addresses in its To and Cc.
	Recipients []string
	Subject    string
	// Text and HTML are what was written now, the quotes left out; HTML is clean.
	Text, HTML string
	// At is when it arrived; not after the present.
	At clock.Micros
	// Reasons why it is filtered, should it begin a thread. With any, it leaves a filtered
	// thread so.
	Reasons vocab.FilteredReasons
	// Automatic: a machine wrote it.
	Automatic bool
	// Flagged: a blocked sender wrote it into the thread of another (IN-10).
	Flagged bool
	// Participants are who takes part from now on: author and recipients, without
	// the account's own channels.
	Participants []vocab.Mailbox
	// PossiblyRelatedID is the thread that it names without taking part in it.
	PossiblyRelatedID string
	// Typed: the contact is only named in it, as by a contact form: nothing proves that
	// they wrote it (EM-9).
	Typed bool
	// Files is how many files go with it.
	Files int
}

// ReceiveMail makes a mail a message, within the caller's transaction. The caller
// is the system, and adds the row of the mail itself after it. A thread in the
// trash is NOT_FOUND: the mail then begins another (IN-20).
//
// A mail that begins a thread is routed and ticketed, unless it is filtered
// (IN-9, EM-3, EM-8). One that joins reopens what is closed (IN-7), wakes what is
// snoozed (IN-18) and may route again (AC-8). What is spam or blocked stays filtered; what
// a machine began leaves Filtered, routed and ticketed as if new, if nothing speaks
// against the mail itself (IN-20). One that joins a chat is its visitor's message.
// What a machine or a flagged sender wrote does none of that, and is not unread.
func (s *Service) ReceiveMail(ctx context.Context, tx *store.Tx, in Inbound) (*ent.Conversation, *ent.Message, error) {
	ctx = byContact(ctx, in.ContactID)
	if in.ConversationID == "" {
		return s.openMail(ctx, tx, in)
	}
	ch, err := loadChange(ctx, tx, in.ConversationID)
	if err != nil {
		return nil, nil, err
	}
	if ch.c.DeletedAt.IsSet() {
		return nil, nil, view.NotFound(in.ConversationID)
	}
	if ch.c.Kind == vocab.Chat { // an answer to a notice is the visitor's (CH-6)
		ctx = byContact(ctx, ch.c.VisitorID)
		if err := ch.filterBlocked(ctx, ch.c.ContactID, ch.c.VisitorID); err != nil {
			return nil, nil, err
		}
	}
	quiet, err := ch.joinsQuietly(ctx, in)
	if err != nil {
		return nil, nil, err
	}
	m, err := ch.addMail(ctx, in, quiet)
	if err != nil {
		return nil, nil, err
	}
	if !quiet {
		if err := ch.takeIn(ctx, in, m); err != nil {
			return nil, nil, err
		}
	}
	return ch.c, m, ch.save(ctx)
}

// takeIn does what follows from a mail that a person wrote into the thread. Where a
// machine began that, it is one of people now (IN-20).
func (ch *change) takeIn(ctx context.Context, in Inbound, m *ent.Message) error {
	if ch.c.Kind == vocab.Email {
		if err := ch.nameParticipants(ctx, in); err != nil {
			return err
		}
	}
	if err := ch.onContactMessage(ctx, m); err != nil {
		return err
	}
	if left := ch.c.Filtered.Only(vocab.ReasonSpam) | ch.c.Filtered.Only(vocab.ReasonBlockedSender); in.Reasons == 0 && left != ch.c.Filtered {
		return ch.unfilter(ctx, left)
	}
	return nil
}

func (ch *change) nameParticipants(ctx context.Context, in Inbound) error {
	how, err := ch.namingBy(ctx, in)
	if err != nil {
		return err
	}
	return ch.addParticipants(ctx, in.Participants, how)
}

// namingBy is what it means that a mail names people: its author takes part, or is a
// stranger.
func (ch *change) namingBy(ctx context.Context, in Inbound) (naming, error) {
	if in.ContactID != "" && in.ContactID == ch.c.ContactID && !in.Typed {
		return namedByParticipant, nil
	}
	takesPart, err := ch.tx.Client.Participant.Query().
		Where(participant.ConversationID(ch.c.ID), participant.Address(strings.ToLower(in.From.Address)), participant.Joined(false)).Exist(ctx)
	if err != nil || !takesPart {
		return joinedByThemselves, err
	}
	return namedByParticipant, nil
}

// byContact has the log name the contact as whose doing the system's work is.
func byContact(ctx context.Context, contactID string) context.Context {
	v := viewer.FromContext(ctx)
	if v == nil || contactID == "" {
		return ctx
	}
	return viewer.NewContext(ctx, v.InNameOf(&viewer.Viewer{Kind: viewer.Visitor, AccountID: v.AccountID, ActorID: contactID}))
}

// joinsQuietly reports whether a mail joins without anyone's notice. Where the
// thread's main contact is blocked it goes to Filtered; anyone else who is
// blocked joins flagged (IN-10).
func (ch *change) joinsQuietly(ctx context.Context, in Inbound) (bool, error) {
	main := in.ContactID == ch.c.ContactID
	senders := []string{in.ContactID, strings.ToLower(in.From.Address)}
	blocked, err := isBlocked(ctx, ch.tx, ch.c.InboxID, ch.c.ChannelID, senders...)
	if err != nil {
		return false, err
	}
	if main {
		if err := ch.filterMailSender(ctx, in, senders...); err != nil {
			return false, err
		}
	}
	return in.Automatic || in.Flagged || blocked && !main, nil
}

// filterMailSender is filterBlocked for a mail, which may have come by a blocked form.
func (ch *change) filterMailSender(ctx context.Context, in Inbound, senders ...string) error {
	if in.Reasons.Has(vocab.ReasonBlockedSender) {
		ch.setFiltered(ch.c.Filtered.With(vocab.ReasonBlockedSender))
		return nil
	}
	return ch.filterBlocked(ctx, senders...)
}

// openMail begins a thread with a mail.
func (s *Service) openMail(ctx context.Context, tx *store.Tx, in Inbound) (*ent.Conversation, *ent.Message, error) {
	at := tx.Now()
	if in.At != 0 {
		at = min(at, in.At)
	}
	waiting := at
	if in.Automatic {
		waiting = clock.Never
	}
	ch, err := openConversation(ctx, tx, &ent.Conversation{
		ID: id.New(id.Conversation), AccountID: in.Channel.AccountID, InboxID: in.Channel.InboxID, ChannelID: in.Channel.ID,
		Kind: vocab.Email, Status: vocab.Open, ContactID: in.ContactID, Subject: firstCharacters(in.Subject, maxSubject), ToAddress: in.ToAddress,
		PossiblyRelatedID: in.PossiblyRelatedID, RoutingSource: in.Channel.ID,
		OpenedAt: at, LastMessageAt: at, ActivityAt: at, WaitingSince: waiting, VisitorActiveAt: at,
		BotState: vocab.BotNone, Priority: vocab.PriorityNone, Tags: []string{}, Revision: 1,
	})
	if err != nil {
		return nil, nil, err
	}
	ch.setFiltered(in.Reasons)
	if err := ch.filterMailSender(ctx, in, in.ContactID, strings.ToLower(in.From.Address)); err != nil {
		return nil, nil, err
	}
	m, err := ch.addMail(ctx, in, false)
	if err != nil {
		return nil, nil, err
	}
	if err := ch.addParticipants(ctx, in.Participants, namedByParticipant); err != nil {
		return nil, nil, err
	}
	ch.to = in.Recipients
	if err := ch.routeBy(ctx, in.Channel.Routing, vocab.RoutedStarted); err != nil {
		return nil, nil, err
	}
	if ch.c.Filtered == 0 {
		ch.ticket = in.Channel.TicketPreset
	}
	return ch.c, m, ch.save(ctx)
}

// addMail adds the mail as a message. What is too long is cut: the mail itself is
// kept. Where it has no text, a list's row shows how many files it has.
func (ch *change) addMail(ctx context.Context, in Inbound, quiet bool) (*ent.Message, error) {
	by := author{viewer.Visitor, in.ContactID}
	if ch.c.Kind == vocab.Chat {
		by.id = ch.c.VisitorID
	}
	m, err := ch.addMessage(ctx, draft{
		id: in.MessageID, by: by, direction: vocab.Incoming, what: in.content(), at: in.At, quiet: quiet,
	})
	if err == nil && !in.Automatic {
		err = contact.RecordSeen(ctx, ch.tx, in.ContactID)
	}
	if ch.c.Preview == "" && in.Files > 0 {
		ch.c.Preview = "📎 " + strconv.Itoa(in.Files)
	}
	return m, err
}

// content is what the mail says, as a message has it.
func (in Inbound) content() content {
	what := content{text: firstCharacters(in.Text, MaxText), html: in.HTML}
	if strings.TrimSpace(what.text) == "" && what.html != "" {
		what.text = firstCharacters(richtext.Text(what.html), MaxText)
	}
	return what
}

// firstCharacters returns the first characters of a text.
func firstCharacters(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most])
}

// AddSystem adds what Parley itself has to say to the team, within the caller's
// transaction: that a mail bounced, for example. No one else sees it, and it
// changes nothing of the conversation (IN-7). messageID is a new id.
func (s *Service) AddSystem(ctx context.Context, tx *store.Tx, conversationID, messageID, text string) (*ent.Conversation, error) {
	ch, err := loadChange(ctx, tx, conversationID)
	if err != nil {
		return nil, err
	}
	_, err = ch.addMessage(ctx, draft{
		id: messageID, by: authorOf(viewer.FromContext(ctx)), direction: vocab.SystemMessage, what: content{text: firstCharacters(text, MaxText)},
	})
	if err != nil {
		return nil, err
	}
	return ch.c, ch.save(ctx)
}
