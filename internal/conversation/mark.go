package conversation

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/channelmark"
	entmessage "parley/ent/channelmessage"
	"parley/internal/secret"
	"parley/internal/store"
)

// markPurpose is what digests of messages of media are for.
const markPurpose = "channel-message"

// idsInMedium are what names a message in its medium, as a mark digests it. No id of a
// medium has the character between them.
func idsInMedium(channelID, threadKey, externalID string) []byte {
	return []byte(channelID + "\x00" + threadKey + "\x00" + externalID)
}

func markOf(digest []byte) string { return base64.RawURLEncoding.EncodeToString(digest) }

// isMarked reports whether a message of a medium was purged or erased: it does not come in
// again (CC-2).
func isMarked(ctx context.Context, client *ent.Client, keys *secret.Keyring, channelID, threadKey, externalID string) (bool, error) {
	var marks []string
	for _, digest := range keys.HMACs(markPurpose, idsInMedium(channelID, threadKey, externalID)) {
		marks = append(marks, markOf(digest))
	}
	return client.ChannelMark.Query().Where(channelmark.IDIn(marks...)).Exist(ctx)
}

// marksAtOnce is how many marks one statement writes.
const marksAtOnce = 200

// markForeign keeps marks of messages of a medium that are about to go.
func markForeign(ctx context.Context, tx *store.Tx, keys *secret.Keyring, rows []*ent.ChannelMessage) error {
	for len(rows) > 0 {
		some := rows[:min(len(rows), marksAtOnce)]
		rows = rows[len(some):]
		var values []string
		var args []any
		for _, r := range some {
			if r.ExternalID == nil {
				continue
			}
			n := len(args)
			values = append(values, "($"+strconv.Itoa(n+1)+", $"+strconv.Itoa(n+2)+", $"+strconv.Itoa(n+3)+", $"+strconv.Itoa(n+4)+")")
			args = append(args, markOf(keys.HMAC(markPurpose, idsInMedium(r.ChannelID, r.ThreadKey, *r.ExternalID))), r.AccountID, r.InboxID, int64(tx.Now()))
		}
		if len(values) == 0 {
			continue
		}
		_, err := tx.Exec(ctx, "INSERT INTO channel_marks (id, account_id, inbox_id, created_at) VALUES "+strings.Join(values, ", ")+" ON CONFLICT (id) DO NOTHING", args...)
		if err != nil {
			return fmt.Errorf("mark messages: %w", err)
		}
	}
	return nil
}

// markConversation keeps marks of the messages of a custom channel's conversation that is
// about to be purged.
func markConversation(ctx context.Context, tx *store.Tx, keys *secret.Keyring, c *ent.Conversation) error {
	if c.ThreadKey == "" {
		return nil
	}
	rows, err := tx.Client.ChannelMessage.Query().Where(entmessage.ConversationID(c.ID), entmessage.ExternalIDNotNil()).
		Select(entmessage.FieldAccountID, entmessage.FieldInboxID, entmessage.FieldChannelID, entmessage.FieldThreadKey, entmessage.FieldExternalID).All(ctx)
	if err != nil {
		return err
	}
	return markForeign(ctx, tx, keys, rows)
}
