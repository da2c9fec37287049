package receive_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/ent/attachment"
	"parley/internal/channel/email/parse"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// play is a scenario that is being played.
type play struct {
	*world
	scenario scenario
	other    *ent.EmailChannel
	// conversations are the ids by number, from 1.
	conversations []string
	// outgoing are the ids of what the agent sent by number, from 1.
	outgoing []string
	// sent are what stands in mails for what was sent, and what it means.
	sent []string
}

func (p *play) run() {
	p.T.Helper()
	p.prepare(p.scenario.Setup)
	for i, s := range p.scenario.Steps {
		switch {
		case s.Mail != "":
			p.comes(fmt.Sprintf("step %d, %s: ", i+1, s.Mail), s)
		case s.Redeliver != "":
			p.comesAgain(s.Redeliver)
		case s.Reply != nil:
			m, raw := p.Answers(p.conversation(s.Reply.Conversation), s.Reply.Text, s.Reply.Cc...)
			p.keep(m, raw)
		case s.Start != nil:
			p.starts(*s.Start)
		default:
			p.does(s)
		}
	}
}

// prepare makes what is there before.
func (p *play) prepare(s setup) {
	p.T.Helper()
	if s.OtherChannel != "" {
		p.other = p.Channel(0, s.OtherChannel)
	}
	p.Write(p.System, func(ctx context.Context, tx *store.Tx) error {
		for _, a := range s.Aliases {
			if err := tx.Client.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(p.Support.InboxID).SetChannelID(p.Support.ID).
				SetAddress(a).Exec(ctx); err != nil {
				return err
			}
		}
		for _, a := range s.WrittenTo {
			c, _, err := p.People.FindOrCreateByEmail(ctx, tx, a, vocab.SourceEmail)
			if err != nil {
				return err
			}
			if err := tx.Client.Contact.UpdateOneID(c.ID).SetWrittenAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
		}
		for _, a := range s.Blocked {
			if err := tx.Client.Block.Create().SetID(id.New(id.Block)).SetInboxID(p.Support.InboxID).SetChannelID(p.Support.ID).SetKind(vocab.Email).
				SetSender(a).SetBlockedBy(p.AgentIDs[1]).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
		}
		if err := tx.Client.EmailChannel.UpdateOneID(p.Support.ID).SetAliases(append([]string{}, s.Aliases...)).Exec(ctx); err != nil {
			return err
		}
		return tx.Client.Inbox.UpdateOneID(p.Support.InboxID).SetEmailAllowList(append([]string{}, s.Allow...)).Exec(ctx)
	})
}

// conversation is the id of a number.
func (p *play) conversation(number int) string {
	p.T.Helper()
	if number < 1 || number > len(p.conversations) {
		p.T.Fatalf("there is no conversation %d", number)
	}
	return p.conversations[number-1]
}

// number is that of an id, 0 for none; a new one gets the next.
func (p *play) number(conversationID string) (number int, fresh bool) {
	if conversationID == "" {
		return 0, false
	}
	if i := slices.Index(p.conversations, conversationID); i >= 0 {
		return i + 1, false
	}
	p.conversations = append(p.conversations, conversationID)
	return len(p.conversations), true
}

func (p *play) starts(s start) {
	p.T.Helper()
	p.Clock.Advance(time.Minute)
	c, m, err := p.Desk.StartEmail(p.Agent(1), conversation.StartEmailConversationInput{ChannelID: p.Support.ID, To: s.To, Subject: s.Subject, Text: &s.Text})
	if err != nil {
		p.T.Fatal(err)
	}
	p.number(c.ID)
	p.keep(m, p.Sends())
}

// keep remembers what was sent, for the mails that answer it.
func (p *play) keep(m *ent.Message, raw string) {
	p.outgoing = append(p.outgoing, m.ID)
	mail, n := parse.Parse([]byte(raw)), len(p.outgoing)
	references := []string{}
	for _, r := range mail.References {
		references = append(references, "<"+r+">")
	}
	for name, value := range map[string]string{
		"message-id": mail.MessageID, "references": strings.Join(references, " "), "subject": mail.Subject,
		"reply-address": p.Tokens.ReplyAddress(p.Support.Address, m.ConversationID),
		"rewritten":     fmt.Sprintf("AM9PR04MB%04dD5C3E8F1A7B24960E81F9A2B3@AM9PR04MB8800.eurprd04.prod.outlook.com", n),
	} {
		p.sent = append(p.sent, fmt.Sprintf("{{%s %d}}", name, n), value)
	}
}

// does has the agent do something with a conversation.
func (p *play) does(s step) {
	p.T.Helper()
	p.Clock.Advance(time.Minute)
	by, err, c := p.Agent(1), error(nil), ""
	switch {
	case s.Close > 0:
		c = p.conversation(s.Close)
		_, err = p.Desk.Close(by, conversation.CloseConversationInput{Target: conversation.On(c)})
	case s.Delete > 0:
		c = p.conversation(s.Delete)
		_, err = p.Desk.Delete(by, conversation.DeleteConversationInput{Target: conversation.On(c)})
	case s.Restore > 0:
		c = p.conversation(s.Restore)
		_, err = p.Desk.Restore(by, conversation.RestoreConversationInput{Target: conversation.On(c)})
	case s.Purge > 0:
		c = p.conversation(s.Purge)
		_, err = p.Desk.Purge(by, conversation.PurgeConversationInput{Target: conversation.On(c)})
	case s.Spam > 0:
		c = p.conversation(s.Spam)
		_, err = p.Desk.MarkAsSpam(by, conversation.MarkConversationAsSpamInput{Target: conversation.On(c)})
	case s.NotSpam > 0:
		c = p.conversation(s.NotSpam)
		_, err = p.Desk.MarkAsNotSpam(by, conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c)})
	case s.Block > 0:
		c = p.conversation(s.Block)
		_, err = p.Desk.BlockSender(by, conversation.BlockConversationSenderInput{Target: conversation.On(c)})
	case s.Unblock > 0:
		c = p.conversation(s.Unblock)
		_, err = p.Desk.UnblockConversationSender(by, conversation.UnblockConversationSenderInput{Target: conversation.On(c)})
	default:
		p.T.Fatal("a step does nothing")
	}
	if err != nil {
		p.T.Fatal(err)
	}
}

// comesAgain delivers a mail once more, which changes nothing (EM-5).
func (p *play) comesAgain(name string) {
	p.T.Helper()
	client := p.Store.Client(p.System)
	before := check.Must(client.Message.Query().Count(p.System))(p.T)
	if got := p.Gets(p.raw(name)); got.State != vocab.InboundDuplicate && got.State != vocab.InboundOwn {
		p.T.Errorf("%s came again and is %s", name, got.State)
	}
	if after := check.Must(client.Message.Query().Count(p.System))(p.T); after != before {
		p.T.Errorf("%s came again and made %d messages", name, after-before)
	}
}

// comes delivers a mail and compares what became of it.
func (p *play) comes(where string, s step) {
	p.T.Helper()
	to := p.Support
	if s.Other {
		to = p.other
	}
	row := p.Receives(p.raw(s.Mail), to)[0]
	number, fresh := p.number(row.ConversationID)
	compare(p, where+"state", s.State, string(row.State))
	compare(p, where+"conversation", s.Conversation, number)
	compare(p, where+"new", s.New, fresh)
	compare(p, where+"why", s.Why, row.Verdict.Thread)
	compare(p, where+"automatic", s.Automatic, row.Verdict.Automatic)
	compare(p, where+"allowed", s.Allowed, row.Verdict.Allowed)
	codes := []string{}
	for _, r := range row.Verdict.Reasons {
		codes = append(codes, r.Code)
	}
	compare(p, where+"codes", s.Codes, codes)
	problems := []string{}
	for _, problem := range row.Verdict.Problems {
		if !slices.Contains(problems, string(problem.Code)) {
			problems = append(problems, string(problem.Code))
		}
	}
	compare(p, where+"problems", s.Problems, problems)
	if row.ConversationID != "" {
		p.compareConversation(where, s.want, p.Row(row.ConversationID))
	}
	if row.MessageID != "" {
		p.compareMessage(where, s.want, row)
	}
	for n, state := range s.Delivery {
		compare(p, fmt.Sprintf("%sdelivery of %d", where, n), &state, string(p.Message(p.outgoing[n-1]).Delivery))
	}
}

func (p *play) compareConversation(where string, w want, c *ent.Conversation) {
	p.T.Helper()
	filtered, who, name := []string{}, "", ""
	for _, r := range c.Filtered.List() {
		filtered = append(filtered, string(r))
	}
	compare(p, where+"filtered", w.Filtered, filtered)
	compare(p, where+"status", w.Status, string(c.Status))
	related, _ := p.number(c.PossiblyRelatedID)
	compare(p, where+"related", w.Related, related)
	if c.ContactID != "" {
		contact := check.Must(p.Store.Client(p.System).Contact.Get(p.System, c.ContactID))(p.T)
		who, name = contact.Email, contact.Name
	}
	compare(p, where+"contact", w.Contact, who)
	compare(p, where+"name", w.Name, name)
}

func (p *play) compareMessage(where string, w want, row *ent.InboundMail) {
	p.T.Helper()
	client := p.Store.Client(p.System)
	m := p.Message(row.MessageID)
	shown := tidy(m.Text)
	if w.Text != nil {
		expected := tidy(*w.Text)
		compare(p, where+"text", &expected, shown)
	}
	if row.State == vocab.InboundIngested {
		e := check.Must(client.Email.Get(p.System, m.ID))(p.T)
		compare(p, where+"subject", w.Subject, e.Subject)
		if quoted := richtext.Text(e.QuotedHTML); w.Quoted != nil && (!strings.Contains(tidy(quoted), *w.Quoted) || *w.Quoted == "" && e.QuotedHTML != "") {
			p.T.Errorf("%squoted: %q is not in %q", where, *w.Quoted, quoted)
		}
	}
	files := []file{}
	for i, a := range check.Must(client.Attachment.Query().Where(attachment.MessageID(m.ID)).Order(attachment.ByPosition()).All(p.System))(p.T) {
		f := file{Name: a.FileName, Type: a.ContentType, Inline: a.Inline}
		if w.Attachments != nil && i < len(*w.Attachments) && (*w.Attachments)[i].Type == "" {
			f.Type = "" // not compared
		}
		files = append(files, f)
	}
	compare(p, where+"attachments", w.Attachments, files)
}

// compare tells where what is wanted differs; nil: nothing is wanted.
func compare[T any](p *play, what string, wanted *T, got T) {
	p.T.Helper()
	if wanted == nil {
		return
	}
	if diff := cmp.Diff(*wanted, got); diff != "" {
		p.T.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

var blankLines = regexp.MustCompile(`\n\s*\n`)

// tidy makes texts comparable: trimmed, and with runs of blank lines as one.
func tidy(text string) string { return blankLines.ReplaceAllString(strings.TrimSpace(text), "\n\n") }
