package main

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"
)

// tgAnswer is what the Bot API answers with: https://core.telegram.org/bots/api#making-requests
type tgAnswer struct {
	OK          bool
	Result      json.RawMessage
	Code        int `json:"error_code"`
	Description string
	Parameters  struct {
		RetryAfter time.Duration `json:"retry_after"`
	}
}

type tgUpdate struct {
	ID      int64 `json:"update_id"`
	Message *tgMessage
}

type tgFile struct {
	ID   string `json:"file_id"`
	Name string `json:"file_name"`
}

// tgMessage is a message: https://core.telegram.org/bots/api#message
type tgMessage struct {
	ID   int64 `json:"message_id"`
	From struct {
		ID       int64
		Name     string `json:"first_name"`
		LastName string `json:"last_name"`
	}
	Chat                                              struct{ ID int64 }
	Date                                              int64
	Text, Caption                                     string
	Photo                                             []tgFile // one picture in several sizes, the largest last
	Document, Animation, Video, Audio, Voice, Sticker *tgFile
	VideoNote                                         *tgFile    `json:"video_note"`
	ReplyTo                                           *tgMessage `json:"reply_to_message"`
	// Shown, but not passed on.
	Location, Venue, Contact, Poll, Dice, Game, Story, Invoice, Checklist json.RawMessage
	PaidMedia                                                             json.RawMessage `json:"paid_media"`
}

// file is the file of a message; nil: it has none.
func (m *tgMessage) file() *tgFile {
	if n := len(m.Photo); n > 0 {
		return &m.Photo[n-1]
	}
	return cmp.Or(m.Document, m.Animation, m.Video, m.VideoNote, m.Audio, m.Voice, m.Sticker)
}

// isService reports whether no one wrote the message: that someone joined a group, or pinned something.
func (m *tgMessage) isService() bool {
	for _, part := range []json.RawMessage{m.Location, m.Venue, m.Contact, m.Poll, m.Dice, m.Game, m.Story, m.Invoice, m.Checklist, m.PaidMedia} {
		if len(part) > 0 {
			return false
		}
	}
	return m.Text == "" && m.Caption == "" && m.file() == nil
}

func text(id int64) string { return strconv.FormatInt(id, 10) }

// sequence says with which others Telegram numbers a chat's messages: a supergroup's by themselves, those of all
// other chats of a bot together.
func sequence(chat string) string {
	if id, err := strconv.ParseInt(chat, 10, 64); err == nil && id <= -1_000_000_000_000 {
		return chat
	}
	return "all"
}
