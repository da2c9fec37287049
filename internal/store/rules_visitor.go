package store

import (
	"entgo.io/ent/dialect/sql"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

func isSelf(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	s.Where(sql.EQ(s.C("id"), v.ActorID))
}

func ofSelf(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	s.Where(sql.EQ(s.C("visitor_id"), v.ActorID))
}

func isOwnChannel(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	s.Where(sql.EQ(s.C("id"), v.ChannelID))
}

func inOwnChannel(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	s.Where(sql.EQ(s.C("channel_id"), v.ChannelID))
}

// ownConversation: a visitor sees the conversations of its own token or proved
// identity, never those that share its contact (CH-8). Trash looks gone.
func ownConversation(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	s.Where(sql.And(sql.EQ(s.C("visitor_id"), v.ActorID), sql.EQ(s.C("deleted_at"), 0)))
}

// visibleMessage: notes and what has no number for visitors never reach them (IN-14).
func visibleMessage(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	own := sql.Table("conversations")
	s.Where(sql.And(
		sql.NEQ(s.C("direction"), string(vocab.Note)),
		sql.GT(s.C("visible_number"), 0),
		sql.Or(
			sql.In(s.C("conversation_id"), sql.Dialect(s.Dialect()).Select(own.C("id")).From(own).Where(sql.And(
				sql.EQ(own.C("visitor_id"), v.ActorID), sql.EQ(own.C("deleted_at"), 0),
			))),
			sql.Exists(seenBefore(s, v)),
		),
	))
}

// seenBefore finds that a message was seen by the visitor before its chat went on
// with one who proved who they are (CH-8). What was edited since then they did
// not see.
func seenBefore(s *sql.Selector, v *viewer.Viewer) *sql.Selector {
	d := sql.Dialect(s.Dialect())
	chat, sight := d.Table("conversations").As("chat"), d.Table("continued_chats").As("sight")
	return d.Select(sight.C("id")).From(sight).Join(chat).On(chat.C("id"), sight.C("conversation_id")).Where(sql.And(
		sql.EQ(sight.C("visitor_id"), v.ActorID), sql.EQ(chat.C("deleted_at"), 0),
		sql.ColumnsEQ(sight.C("conversation_id"), s.C("conversation_id")),
		sql.ColumnsGTE(sight.C("up_to"), s.C("visible_number")),
		sql.ColumnsGTE(sight.C("created_at"), s.C("edited_at")),
	))
}

// visibleAttachment: a visitor sees the files of the messages that they see, and
// what they uploaded and did not send yet (CH-7).
func visibleAttachment(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	messages := sql.Dialect(s.Dialect()).Select("id").From(sql.Table("messages"))
	visibleMessage(messages, v)
	s.Where(sql.Or(
		sql.And(sql.EQ(s.C("message_id"), ""), sql.EQ(s.C("uploader_id"), v.ActorID)),
		sql.In(s.C("message_id"), messages),
	))
}
