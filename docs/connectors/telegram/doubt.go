package main

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"parley/docs/connectors/client"
)

// polls say how far Telegram's messages are known.
type polls struct {
	waiting atomic.Bool  // a poll waits for what comes next
	ended   atomic.Int64 // how often all that there was had come
}

// most is of how many updates a poll's answer may leave out others.
const most = 100

// noteMarks notes the numbers of messages that were polled, before they are brought.
func (c *connector) noteMarks(updates []tgUpdate) error {
	c.polls.waiting.Store(false)
	for _, u := range updates {
		if u.Message != nil {
			if err := c.See(sequence(text(u.Message.Chat.ID)), u.Message.ID); err != nil {
				return err
			}
		}
	}
	if len(updates) < most {
		c.polls.ended.Add(1)
	}
	return nil
}

// settleDoubt finds out whether what was about to be sent was sent. Telegram knows no repeats, but it numbers messages
// in their order, and says of each number whether it is one of the bot's: to take the buttons from one that has none is
// "not modified". So the numbers after the last one before it are tried, up to the newest one that was polled, and on
// until 20 in a row are none of the chat's. Telegram may still be at it: it gets some seconds first.
func (c *connector) settleDoubt(ctx context.Context, messageID string) error {
	rest := c.Hold
	for ended := int64(-1); ended < 0 || c.polls.ended.Load() == ended && !c.polls.waiting.Load(); rest = 50 * time.Millisecond {
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return ctx.Err()
		}
		if ended < 0 {
			ended = c.polls.ended.Load()
		}
	}
	e := c.Entry(messageID)
	id := e.After
	for none := 0; e.After > 0 && none < 20; none++ {
		id++
		err := c.call("editMessageReplyMarkup", nil, nil, "chat_id", e.Thread, "message_id", text(id))
		if err == nil || wasDone(err) {
			return c.Settle(messageID, text(id))
		} else if r := client.Refused(err); r == nil {
			return err
		} else if strings.Contains(r.Text, "can't be edited") || id <= c.Mark(e.Sequence) { // another's, or of another chat
			none = -1
		}
	}
	return c.Settle(messageID, "")
}
