package email_test

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
	p.t.Helper()
	p.prepare(p.scenario.Setup)
	for i, s := range p.scenario.Steps {
		switch {
		case s.Mail != "":
			p.comes(fmt.Sprintf("step %d, %s: ", i+1, s.Mail), s)
		case s.Redeliver != "":
			p.comesAgain(s.Redeliver)
		case s.Reply != nil:
			m, raw := p.answers(p.conversation(s.Reply.Conversation), s.Reply.Text, s.Reply.Cc...)
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
	p.t.Helper()
	if s.OtherChannel != "" {
		p.other = p.channel(0, s.OtherChannel)
	}
	p.Write(p.System, func(ctx context.Context, tx *store.Tx) error {
		for _, a := range s.Aliases {
			if err := tx.Client.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(p.support.InboxID).SetChannelID(p.support.ID).
				SetAddress(a).Exec(ctx); err != nil {
				return err
			}
		}
		for _, a := range s.WrittenTo {
			c, _, err := p.people.FindOrCreateByEmail(ctx, tx, a)
			if err != nil {
				return err
			}
			if err := tx.Client.Contact.UpdateOneID(c.ID).SetWrittenAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
		}
		for _, a := range s.Blocked {
			if err := tx.Client.Block.Create().SetID(id.New(id.Block)).SetInboxID(p.support.InboxID).SetChannelID(p.support.ID).SetKind(vocab.Email).
				SetSender(a).SetBlockedBy(p.AgentIDs[1]).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
		}
		if err := tx.Client.EmailChannel.UpdateOneID(p.support.ID).SetAliases(append([]string{}, s.Aliases...)).Exec(ctx); err != nil {
			return err
		}
		return tx.Client.Inbox.UpdateOneID(p.support.InboxID).SetEmailAllowList(append([]string{}, s.Allow...)).Exec(ctx)
	})
}

// conversation is the id of a number.
func (p *play) conversation(number int) string {
	p.t.Helper()
	if number < 1 || number > len(p.conversations) {
		p.t.Fatalf("there is no conversation %d", number)
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
	p.t.Helper()
	p.clock.Advance(time.Minute)
	c, m, err := p.desk.StartEmail(p.Agent(1), conversation.StartEmailInput{EmailChannelID: p.support.ID, To: s.To, Subject: s.Subject, Text: &s.Text})
	if err != nil {
		p.t.Fatal(err)
	}
	p.number(c.ID)
	p.keep(m, p.sends())
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
		"reply-address": p.tokens.ReplyAddress(p.support.Address, m.ConversationID),
		"rewritten":     fmt.Sprintf("AM9PR04MB%04dD5C3E8F1A7B24960E81F9A2B3@AM9PR04MB8800.eurprd04.prod.outlook.com", n),
	} {
		p.sent = append(p.sent, fmt.Sprintf("{{%s %d}}", name, n), value)
	}
}

// does has the agent do something with a conversation.
func (p *play) does(s step) {
	p.t.Helper()
	p.clock.Advance(time.Minute)
	by, err, c := p.Agent(1), error(nil), ""
	switch {
	case s.Close > 0:
		c = p.conversation(s.Close)
		_, err = p.desk.Close(by, conversation.CloseConversationInput{ConversationID: c})
	case s.Delete > 0:
		c = p.conversation(s.Delete)
		_, err = p.desk.Delete(by, conversation.DeleteConversationInput{ConversationID: c})
	case s.Restore > 0:
		c = p.conversation(s.Restore)
		_, err = p.desk.Restore(by, conversation.RestoreConversationInput{ConversationID: c})
	case s.Purge > 0:
		c = p.conversation(s.Purge)
		_, err = p.desk.Purge(by, conversation.PurgeConversationInput{ConversationID: c})
	case s.Spam > 0:
		c = p.conversation(s.Spam)
		_, err = p.desk.MarkAsSpam(by, conversation.MarkAsSpamInput{ConversationID: c})
	case s.NotSpam > 0:
		c = p.conversation(s.NotSpam)
		_, err = p.desk.MarkAsNotSpam(by, conversation.MarkAsNotSpamInput{ConversationID: c})
	case s.Block > 0:
		c = p.conversation(s.Block)
		_, err = p.desk.BlockSender(by, conversation.BlockSenderInput{ConversationID: c})
	case s.Unblock > 0:
		c = p.conversation(s.Unblock)
		_, err = p.desk.UnblockSender(by, conversation.UnblockSenderInput{ConversationID: c})
	default:
		p.t.Fatal("a step does nothing")
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// comesAgain delivers a mail once more, which changes nothing (EM-5).
func (p *play) comesAgain(name string) {
	p.t.Helper()
	client := p.Store.Client(p.System)
	before := must(client.Message.Query().Count(p.System))(p.t)
	if got := p.gets(p.raw(name)); got.State != vocab.InboundDuplicate && got.State != vocab.InboundOwn {
		p.t.Errorf("%s came again and is %s", name, got.State)
	}
	if after := must(client.Message.Query().Count(p.System))(p.t); after != before {
		p.t.Errorf("%s came again and made %d messages", name, after-before)
	}
}

// comes delivers a mail and compares what became of it.
func (p *play) comes(where string, s step) {
	p.t.Helper()
	to := p.support
	if s.Other {
		to = p.other
	}
	row := p.receives(p.raw(s.Mail), to)[0]
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
	if row.ConversationID != "" {
		p.compareConversation(where, s.want, p.row(row.ConversationID))
	}
	if row.MessageID != "" {
		p.compareMessage(where, s.want, row)
	}
	for n, state := range s.Delivery {
		compare(p, fmt.Sprintf("%sdelivery of %d", where, n), &state, string(p.message(p.outgoing[n-1]).Delivery))
	}
}

func (p *play) compareConversation(where string, w want, c *ent.Conversation) {
	p.t.Helper()
	filtered, who := []string{}, ""
	for _, r := range c.Filtered.List() {
		filtered = append(filtered, string(r))
	}
	compare(p, where+"filtered", w.Filtered, filtered)
	compare(p, where+"status", w.Status, string(c.Status))
	related, _ := p.number(c.PossiblyRelatedID)
	compare(p, where+"related", w.Related, related)
	if c.ContactID != "" {
		who = must(p.Store.Client(p.System).Contact.Get(p.System, c.ContactID))(p.t).Email
	}
	compare(p, where+"contact", w.Contact, who)
}

func (p *play) compareMessage(where string, w want, row *ent.InboundMail) {
	p.t.Helper()
	client := p.Store.Client(p.System)
	m := p.message(row.MessageID)
	shown := tidy(m.Text)
	if w.Text != nil {
		expected := tidy(*w.Text)
		compare(p, where+"text", &expected, shown)
	}
	if row.State == vocab.InboundIngested {
		e := must(client.Email.Get(p.System, m.ID))(p.t)
		compare(p, where+"subject", w.Subject, e.Subject)
		if quoted := richtext.Text(e.QuotedHTML); w.Quoted != nil && (!strings.Contains(tidy(quoted), *w.Quoted) || *w.Quoted == "" && e.QuotedHTML != "") {
			p.t.Errorf("%squoted: %q is not in %q", where, *w.Quoted, quoted)
		}
	}
	files := []file{}
	for i, a := range must(client.Attachment.Query().Where(attachment.MessageID(m.ID)).Order(attachment.ByPosition()).All(p.System))(p.t) {
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
	p.t.Helper()
	if wanted == nil {
		return
	}
	if diff := cmp.Diff(*wanted, got); diff != "" {
		p.t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

var blankLines = regexp.MustCompile(`\n\s*\n`)

// tidy makes texts comparable: trimmed, and with runs of blank lines as one.
func tidy(text string) string { return blankLines.ReplaceAllString(strings.TrimSpace(text), "\n\n") }
