package conversation_test

import (
	"context"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// CO-6: a bot's message offers answers, which go with it when it is deleted; others offer
// none.
func TestQuickReplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		bot := id.New(id.Bot)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Bot.Create().SetID(bot).SetName("Helper").SetCreatedAt(tx.Now()).Exec(ctx)
		})
		as := viewer.NewContext(d.System, &viewer.Viewer{Kind: viewer.Bot, AccountID: d.AccountID, ActorID: bot, InboxIDs: []string{d.InboxIDs[0]}})
		c := d.StartChat(0, "Hello", func(start *conversation.Start) {
			start.Targeted = &ent.TargetedMessage{ID: id.New(id.TargetedMessage), Version: 1, BotID: bot}
		})
		offers := func(list ...conversation.QuickReplyInput) func(*conversation.SendMessageInput) {
			return func(in *conversation.SendMessageInput) {
				in.Target, in.Turn, in.Text, in.QuickReplies = conversation.On(c.ID), &c.Turn, check.Ptr("Which one?"), list
			}
		}
		m := check.Must(d.sendsItems(as, offers(conversation.QuickReplyInput{Text: " Sales "}, conversation.QuickReplyInput{Text: "Support", Value: check.Ptr("queue:2")})))(t)
		want := []vocab.QuickReply{{Text: "Sales", Value: "Sales"}, {Text: "Support", Value: "queue:2"}}
		check.Same(t, m.QuickReplies, want)
		check.Same(t, check.Must(d.Store.Client(d.System).Message.Get(d.System, m.ID))(t).QuickReplies, want)
		gone := check.Must(d.DeleteMessage(as, conversation.DeleteMessageInput{MessageID: m.ID}))(t)
		check.Same(t, len(gone.QuickReplies), 0)

		reply := conversation.QuickReplyInput{Text: "Yes"}
		for _, bad := range []struct {
			as     context.Context
			change func(*conversation.SendMessageInput)
			code   errs.Code
			field  string
		}{
			{d.Agent(0), offers(reply), errs.Invalid, "quickReplies"},
			{as, func(in *conversation.SendMessageInput) { offers(reply)(in); in.Note = true }, errs.Invalid, "quickReplies"},
			{as, offers(reply, reply), errs.Invalid, "quickReplies.1.text"},
			{as, offers(conversation.QuickReplyInput{Text: " "}), errs.Required, "quickReplies.0.text"},
			{as, offers(conversation.QuickReplyInput{Text: strings.Repeat("x", 81)}), errs.TooLong, "quickReplies.0.text"},
			{as, offers(conversation.QuickReplyInput{Text: "x", Value: check.Ptr(strings.Repeat("x", 201))}), errs.TooLong, "quickReplies.0.value"},
			{as, offers(conversation.QuickReplyInput{Text: "x", Value: check.Ptr("a\x00b")}), errs.Invalid, "quickReplies.0.value"}, // PostgreSQL keeps no NUL
			{as, offers(conversation.QuickReplyInput{Text: "x", Value: check.Ptr("\xff")}), errs.Invalid, "quickReplies.0.value"},
			{as, offers(make([]conversation.QuickReplyInput, 11)...), errs.TooLong, "quickReplies"},
		} {
			_, err := d.sendsItems(bad.as, bad.change)
			check.Refused(t, err, bad.code, strings.Split(bad.field, ".")...)
		}
	})
}

// CO-2: what a message is changed to is filled like what is sent; a note is not.
func TestPlaceholdersOfAnEdit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		sent := check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.Text = check.Ptr("Hi") }))(t)
		changed := check.Must(d.EditMessage(d.Agent(0), conversation.EditMessageInput{MessageID: sent.ID, Markdown: check.Ptr("Hi **{{contact.firstName}}**")}))(t)
		check.Same(t, changed.Text, "Hi Dora")
		_, err := d.EditMessage(d.Agent(0), conversation.EditMessageInput{MessageID: sent.ID, Markdown: check.Ptr("{{contact.phone}}")})
		check.Refused(t, err, errs.MissingPlaceholder, "markdown")
		note := check.Must(d.sendsItems(d.Agent(0), func(in *conversation.SendMessageInput) { in.Text, in.Note = check.Ptr("Hi"), true }))(t)
		changed = check.Must(d.EditMessage(d.Agent(0), conversation.EditMessageInput{MessageID: note.ID, Markdown: check.Ptr("{{contact.phone}}")}))(t)
		check.Same(t, changed.Text, "{{contact.phone}}")
	})
}
