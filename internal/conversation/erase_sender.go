package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/channelfile"
	entforeign "parley/ent/channelmessage"
	entmessage "parley/ent/message"
)

// eraseSenders takes out of a conversation what a person wrote in it by a custom channel, the
// key by which that knows them, and the hints on them that the team was shown. Of
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
	return s.eraseKeys(ctx, ch, p)
}

// eraseKeys takes a person's key out of a conversation that has another contact since. A thread
// that is called by it is no thread any longer: nothing goes out to the person, and of all that
// was in it marks stay, also of what the team wrote.
func (s *Service) eraseKeys(ctx context.Context, ch *change, p Person) error {
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
		if err := markConversation(ctx, ch.tx, s.deps.Keys, ch.c); err != nil {
			return err
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
