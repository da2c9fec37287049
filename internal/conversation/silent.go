package conversation

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ReasonSilent is why a conversation closed by itself (IN-22).
const ReasonSilent = "CONTACT_SILENT"

func decodeSettings(data []byte, into *vocab.InboxSettings) error { return json.Unmarshal(data, into) }

// silence is what closes by itself: conversations of some kinds in which nothing was
// said since, but something after it was switched on.
type silence struct {
	inbox        settledInbox
	kinds        []vocab.ChannelKind
	since, until clock.Micros
}

// silences are what an inbox closes by itself.
func silences(i settledInbox, now clock.Micros) []silence {
	chat := func(k vocab.ChannelKind) bool { return k.LeavesBy(vocab.ByWidget) || k == vocab.CustomLive }
	other := func(k vocab.ChannelKind) bool { return !chat(k) }
	var list []silence
	for _, x := range []struct {
		minutes int
		since   clock.Micros
		not     func(vocab.ChannelKind) bool
	}{
		{i.settings.CloseSilentChatsAfter, i.settings.CloseSilentChatsSince, other},
		{i.settings.CloseSilentEmailsAfter, i.settings.CloseSilentEmailsSince, chat},
	} {
		if x.minutes > 0 {
			list = append(list, silence{i, slices.DeleteFunc(vocab.ChannelKinds(), x.not), x.since, now.Add(-time.Duration(x.minutes) * time.Minute)})
		}
	}
	return list
}

// CloseSilent closes the conversations of every account in which the team wrote last
// and the contact has been silent for as long as their inbox says (IN-22). The system
// runs it each minute.
func (s *Service) CloseSilent(ctx context.Context) error {
	inboxes, err := s.settledInboxes(ctx)
	if err != nil {
		return err
	}
	for _, i := range inboxes {
		for _, x := range silences(i, s.store.Now()) {
			ids, err := s.silentIn(ctx, x)
			if err != nil {
				return err
			}
			for _, conversationID := range ids {
				ctx := viewer.NewContext(ctx, viewer.System("silence", i.account))
				if err := s.closeSilent(ctx, conversationID, x); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Service) silentIn(ctx context.Context, x silence) ([]string, error) {
	st := &store.Statement{}
	st.WriteString("SELECT id FROM conversations WHERE inbox_id = " + st.Arg(x.inbox.id) + " AND folder = 'MAIN' AND kind IN (" + store.List(st, x.kinds) +
		") AND status = 'OPEN' AND NOT " + busyMachines + " AND waiting_since = " + st.Arg(int64(clock.Never)) + " AND last_outgoing_number > last_incoming_number AND last_message_at >= " +
		st.Arg(int64(x.since)) + " AND last_message_at <= " + st.Arg(int64(x.until)) + " ORDER BY last_message_at LIMIT 500")
	return s.store.Strings(ctx, st.String(), st.Args...)
}

// closeSilent closes a conversation with the inbox's farewell; without it where that
// cannot go out (its channel is disconnected, say).
func (s *Service) closeSilent(ctx context.Context, conversationID string, x silence) error {
	text := x.inbox.settings.FarewellText
	err := s.changeAsSystem(ctx, conversationID, func(ctx context.Context, ch *change) error { return s.closeSilentWith(ctx, ch, x, text) })
	if err != nil && errs.Of(err) != nil && text != "" {
		err = s.changeAsSystem(ctx, conversationID, func(ctx context.Context, ch *change) error { return s.closeSilentWith(ctx, ch, x, "") })
	}
	if errs.Of(err) != nil {
		return nil // what stands against closing it is looked at again in a minute
	}
	return err
}

// closeSilentWith closes the conversation with a farewell, if it is silent still and
// nothing stands against it: never one in which the contact said the last word.
func (s *Service) closeSilentWith(ctx context.Context, ch *change, x silence, farewell string) error {
	c := ch.c
	if c.Status != vocab.Open || folderOf(c) != vocab.FolderMain || c.WaitingSince != clock.Never || AwaitedOf(c) != vocab.WaitingOnContact ||
		c.LastMessageAt < x.since || c.LastMessageAt > x.until {
		return nil
	}
	if busy, err := ch.machinesAreBusy(ctx); err != nil || busy {
		return err
	}
	last, err := ch.lastVisible(ctx)
	if err != nil || last == nil || last.Direction != vocab.Outgoing || !arrived(last.Delivery) {
		return err
	}
	if err := s.sayFarewell(ctx, ch, farewell); err != nil {
		return err
	}
	if err := ch.close(ctx); err != nil || c.Status != vocab.Closed {
		return err
	}
	for i := range ch.events {
		if ch.events[i].Type == vocab.ConversationClosed {
			setReason(&ch.events[i], ReasonSilent)
		}
	}
	return nil
}

// arrived reports whether a message of ours is neither on its way nor lost.
func arrived(d vocab.DeliveryState) bool {
	return d != vocab.DeliveryQueued && d != vocab.DeliveryFailed
}

// sayFarewell adds what the contact reads last, in the chat or as a mail. It is no
// answer: no first response, and no one waits for it or because of it.
func (s *Service) sayFarewell(ctx context.Context, ch *change, text string) error {
	if text == "" {
		return nil
	}
	_, err := s.postMessage(ctx, ch, draft{
		id: id.New(id.Message), by: authorOf(viewer.FromContext(ctx)), direction: vocab.Outgoing, what: content{text: text},
	}, extras{}, SendMessageInput{})
	return err
}

// lastVisible is the last message that the contact sees; nil: there is none.
func (ch *change) lastVisible(ctx context.Context) (*ent.Message, error) {
	m, err := ch.tx.Client.Message.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.VisibleNumberGT(0), entmessage.DeletedAt(0)).
		Order(ent.Desc(entmessage.FieldNumber)).First(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return m, err
}

// busyMachines is whether a proposal waits in a conversation, or a bot is at work or waits
// for approval: what awaits the contact only does not count.
const busyMachines = `(EXISTS (SELECT 1 FROM proposals p WHERE p.account_id = conversations.account_id AND p.conversation_id = conversations.id AND p.state = 'WAITING')
	OR EXISTS (SELECT 1 FROM agent_runs r WHERE r.conversation_id = conversations.id AND r.ended_at = 0 AND r.state <> 'AWAITING_CONTACT'))`

// machinesAreBusy reports whether machines keep the conversation open.
func (ch *change) machinesAreBusy(ctx context.Context) (bool, error) {
	n, err := ch.tx.Number(ctx, "SELECT COUNT(*) FROM conversations WHERE id = $1 AND "+busyMachines, ch.c.ID)
	return n > 0, err
}
