package store

import (
	"entgo.io/ent/dialect/sql"

	"parley/internal/viewer"
)

// withoutConversation are the tables of an inbox whose rows have no conversation, of which
// a token that is bound to a channel sees nothing.
var withoutConversation = map[string]bool{
	"visitors": true, "visitor_sessions": true, "channel_marks": true, "blocks": true, "page_views": true, "targeted_message_views": true,
}

// ofOwnChannel narrows what an integration sees whose token is bound to a custom channel:
// to the channel's conversations, without notes, and its own uploads (NT-4).
func ofOwnChannel(s *sql.Selector, v *viewer.Viewer) {
	if v.Kind != viewer.Integration || v.ChannelID == "" {
		return
	}
	table := s.TableName()
	switch {
	case table == "conversations", table == "channel_senders":
		s.Where(sql.EQ(s.C("channel_id"), v.ChannelID))
		return
	case withoutConversation[table]:
		s.Where(sql.False())
		return
	case table == "messages":
		s.Where(sql.NEQ(s.C("direction"), "NOTE"))
	}
	of := sql.Dialect(s.Dialect()).Table("conversations")
	where := sql.Exists(sql.Dialect(s.Dialect()).Select(of.C("id")).From(of).Where(sql.And(
		sql.EQ(of.C("id"), sql.Expr(s.C("conversation_id"))), sql.EQ(of.C("channel_id"), v.ChannelID),
	)))
	if table == "attachments" {
		where = sql.Or(where, sql.And(sql.EQ(s.C("conversation_id"), ""), sql.EQ(s.C("uploader_id"), v.ActorID)))
	}
	s.Where(where)
}
