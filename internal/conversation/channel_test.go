package conversation_test

import (
	"context"
	"strings"
	"testing"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IB-6: in a conversation of a removed channel answers are CHANNEL_NOT_CONNECTED, until it
// goes on in another channel of its inbox and kind.
func TestSetConversationChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, me, fresh := d.ConversationIDs[0], d.Agent(0), id.New(id.Channel)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.Channel.UpdateOneID(d.ChannelIDs[0]).SetRemovedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.Channel.Create().SetID(fresh).SetInboxID(d.InboxIDs[0]).SetKind(vocab.Chat).SetKey("fresh").SetCreatedAt(tx.Now()).Exec(ctx)
		})
		say := func(note bool) error {
			_, _, err := d.SendMessage(me, conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr("Hi"), Note: note})
			return err
		}
		fine(t, say(true))
		check.Same(t, errs.Of(say(false)).Code, errs.ChannelNotConnected)
		fine(t, d.close(c))
		check.Must(d.Reopen(me, conversation.ReopenConversationInput{Target: conversation.On(c)}))(t)
		set := func(channelID string) error {
			_, err := d.SetChannel(me, conversation.SetConversationChannelInput{Target: conversation.On(c), ChannelID: channelID})
			return err
		}
		for channelID, code := range map[string]errs.Code{
			d.ChannelIDs[0]: errs.NotFound, d.ChannelIDs[1]: errs.NotFound, "x": errs.NotFound, "": errs.NotFound,
		} {
			e := errs.Of(set(channelID))
			check.Same(t, []string{string(e.Code), strings.Join(e.Field, ".")}, []string{string(code), "channelId"})
		}
		_, err := d.SetChannel(d.Agent(1), conversation.SetConversationChannelInput{Target: conversation.On(c), ChannelID: d.ChannelIDs[1]})
		check.Same(t, errs.Of(err).Code, errs.Invalid) // of another inbox
		check.Same(t, d.Recorded(func() { fine(t, set(fresh)) }), []string{"CONVERSATION_UPDATED channel:" + d.ChannelIDs[0] + ">" + fresh})
		fine(t, set(fresh)) // changes nothing
		fine(t, say(false))
	})
}
