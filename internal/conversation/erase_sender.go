package conversation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/channelfile"
	entforeign "parley/ent/channelmessage"
	entmessage "parley/ent/message"
	"parley/internal/vocab"
)

// eraseSenders takes out of a conversation what a person wrote in it by a custom channel, the
// key by which that knows them, and what Parley wrote to the team of what it says of them. Of
// their messages marks stay, so that they do not come in again (CC-2).
func (s *Service) eraseSenders(ctx context.Context, ch *change, p Person, counts Erased) error {
	if len(p.Senders) == 0 {
		return nil
	}
	ids := make([]string, len(p.Senders))
	for i, who := range p.Senders {
		ids[i] = who.ID
	}
	client := ch.tx.Client
	rows, err := client.ChannelMessage.Query().Where(entforeign.ConversationID(ch.c.ID), entforeign.SenderIDIn(ids...)).Order(entforeign.ByNumber()).All(ctx)
	if err != nil {
		return err
	}
	var theirs []*ent.ChannelMessage
	for _, row := range rows {
		if row.Echo { // the team wrote it
			continue
		}
		theirs = append(theirs, row)
		if err := ch.eraseMessage(ctx, row.ID, counts); err != nil {
			return err
		}
		files, err := client.ChannelFile.Delete().Where(channelfile.MessageID(row.ID)).Exec(ctx)
		if err != nil {
			return err
		}
		counts.Add("channel_files", int64(files))
		if err := client.Message.Update().Where(entmessage.ID(row.ID)).ClearExternalID().Exec(ctx); err != nil {
			return err
		}
		if err := client.ChannelMessage.Update().Where(entforeign.ID(row.ID)).ClearExternalID().Exec(ctx); err != nil {
			return err
		}
	}
	if err := markForeign(ctx, ch.tx, s.deps.Keys, theirs); err != nil {
		return err
	}
	if err := client.ChannelMessage.Update().Where(entforeign.ConversationID(ch.c.ID), entforeign.SenderIDIn(ids...)).SetSenderID("").Exec(ctx); err != nil {
		return err
	}
	counts.Add("channel_messages", int64(len(theirs)))
	if err := ch.eraseHints(ctx, p, counts); err != nil {
		return err
	}
	return ch.eraseKeys(ctx, p)
}

// eraseHints makes tombstones of what Parley wrote to the team of what the medium says of a
// person.
func (ch *change) eraseHints(ctx context.Context, p Person, counts Erased) error {
	var said []string
	for _, who := range p.Senders {
		for _, fact := range []string{who.Email, who.Phone} {
			if fact != "" {
				said = append(said, fact)
			}
		}
	}
	if len(said) == 0 {
		return nil
	}
	hints, err := ch.tx.Client.Message.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.DirectionEQ(vocab.SystemMessage)).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range hints {
		if slices.ContainsFunc(said, func(fact string) bool { return strings.Contains(m.Text, fact) }) {
			if err := ch.eraseMessage(ctx, m.ID, counts); err != nil {
				return err
			}
		}
	}
	return nil
}

// eraseKeys takes a person's key out of a conversation that has another contact since. A thread
// that is called by it is no thread any longer: nothing goes out to the person.
func (ch *change) eraseKeys(ctx context.Context, p Person) error {
	for _, who := range p.Senders {
		if who.ChannelID != ch.c.ChannelID {
			continue
		}
		if ch.c.SenderKey == who.Key {
			ch.c.SenderKey = ""
		}
		if ch.c.ThreadKey != who.Key {
			continue
		}
		ch.c.ExternalID, ch.before.ExternalID = nil, nil // the log must not say what it was
		for _, statement := range []string{
			"UPDATE conversations SET thread_key = '', external_id = NULL WHERE id = $1 AND account_id = $2",
			"UPDATE channel_messages SET thread_key = '', external_id = NULL WHERE conversation_id = $1 AND account_id || '' = $2",
		} {
			if _, err := ch.tx.Exec(ctx, statement, ch.c.ID, ch.c.AccountID); err != nil {
				return err
			}
		}
		ch.c.ThreadKey = ""
	}
	return nil
}
