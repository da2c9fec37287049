package slackserver

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// do does what a method does, and returns the answer. The lock is held.
func (s *Server) do(method string, form map[string]string) map[string]any {
	switch method {
	case "oauth.v2.access":
		return s.access(form)
	case "auth.revoke":
		s.revoked = append(s.revoked, form["token"])
		return map[string]any{"ok": true, "revoked": true}
	case "users.info", "users.lookupByEmail":
		return s.userInfo(form)
	case "conversations.list", "conversations.info", "conversations.join", "conversations.open", "conversations.members", "users.conversations":
		return s.conversations(method, form)
	case "conversations.history", "conversations.replies":
		return s.history(form)
	case "files.getUploadURLExternal", "files.completeUploadExternal", "files.info", "files.delete":
		return s.fileMethods(method, form)
	case "reactions.add", "reactions.remove":
		return s.react(method, form)
	}
	return s.chat(method, form)
}

func (s *Server) access(form map[string]string) map[string]any {
	if form["client_id"] != ClientID || form["client_secret"] != ClientSecret {
		return refuse("bad_client_secret")
	}
	if !strings.HasPrefix(form["code"], "code-") {
		return refuse("invalid_code")
	}
	s.number++
	team, token := map[string]any{"id": Team, "name": "Acme"}, "xoxb-"+strconv.Itoa(100+s.number)
	if strings.HasPrefix(form["code"], "code-other") {
		s.other, team = token, map[string]any{"id": OtherTeam, "name": "Other"}
	} else {
		s.token = token
	}
	answer := map[string]any{
		"ok": true, "access_token": token, "token_type": "bot", "scope": s.scopes, "bot_user_id": BotUser, "app_id": "A1", "team": team, "authed_user": map[string]any{"id": s.by},
	}
	if s.rotates {
		answer["expires_in"], answer["refresh_token"] = 43200, "xoxe-1-refresh"
	}
	return answer
}

func (s *Server) userInfo(form map[string]string) map[string]any {
	isOther := s.other != "" && form["token"] == s.other
	for _, u := range s.users { // an address leads to the member who has it
		if u.Other != isOther || u.ID != form["user"] && (form["email"] == "" || u.Guest || !strings.EqualFold(u.Email, form["email"])) {
			continue
		}
		team := u.TeamID
		switch {
		case team == "" && isOther:
			team = OtherTeam
		case team == "":
			team = Team
		}
		return map[string]any{"ok": true, "user": map[string]any{
			"id": u.ID, "team_id": team, "name": strings.ToLower(u.Name), "real_name": u.Name, "deleted": u.Deleted, "is_bot": u.Bot, "is_restricted": u.Guest, "is_stranger": u.Stranger,
			"is_email_confirmed": !u.Unconfirmed && !u.Bot, "profile": map[string]any{"real_name": u.Name, "display_name": u.Name, "email": u.Email},
		}}
	}
	if form["email"] != "" {
		return refuse("users_not_found")
	}
	return refuse("user_not_found")
}

func (c *Channel) object() map[string]any {
	return map[string]any{
		"id": c.ID, "name": c.Name, "is_channel": true, "is_private": c.Private, "is_member": c.Member, "is_ext_shared": c.Shared, "is_shared": c.Shared, "is_archived": c.Archived,
	}
}

func (s *Server) conversations(method string, form map[string]string) map[string]any {
	if method == "conversations.list" || method == "users.conversations" {
		var ids []string
		for id := range s.channels {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		list := []any{}
		next, last := "", ""
		for _, id := range ids {
			c := s.channels[id]
			private := c.Private && strings.Contains(form["types"], "private_channel") && c.Member
			public := !c.Private && strings.Contains(form["types"], "public_channel")
			switch {
			case form["cursor"] >= id, !private && !public, c.Archived && form["exclude_archived"] == "true":
			case method == "users.conversations" && !slices.Contains(c.Members, form["user"]):
			case len(list) == 2: // small pages, so that they are followed
				next = last
			default:
				list, last = append(list, s.channels[id].object()), id
			}
		}
		return map[string]any{"ok": true, "channels": list, "response_metadata": map[string]any{"next_cursor": next}}
	}
	if method == "conversations.open" {
		id := "D" + form["users"]
		s.channels[id] = &Channel{ID: id, Private: true, Member: true}
		return map[string]any{"ok": true, "channel": map[string]any{"id": id}}
	}
	c := s.channels[form["channel"]]
	if c == nil {
		return refuse("channel_not_found")
	}
	switch method {
	case "conversations.join":
		c.Member = true
	case "conversations.members":
		if c.Private && !c.Member {
			return refuse("channel_not_found")
		}
		at := slices.Index(c.Members, form["cursor"]) + 1 // one at a time, so that they are followed
		members, next := []string{BotUser}, ""
		if at < len(c.Members) {
			members = c.Members[at : at+1]
		}
		if at+1 < len(c.Members) {
			next = c.Members[at]
		}
		return map[string]any{"ok": true, "members": members, "response_metadata": map[string]any{"next_cursor": next}}
	}
	return map[string]any{"ok": true, "channel": c.object()}
}

func (s *Server) history(form map[string]string) map[string]any {
	list := []any{}
	for _, m := range s.messages {
		if m.Channel != form["channel"] || m.ThreadTS != form["ts"] && m.TS != form["ts"] || m.TS < form["oldest"] || form["latest"] != "" && m.TS > form["latest"] {
			continue
		}
		object := map[string]any{"type": "message", "ts": m.TS, "thread_ts": m.ThreadTS, "text": m.Text, "user": m.User}
		if m.Metadata != "" && strings.Contains(s.scopes, "metadata.message:read") && (form["include_all_metadata"] == "1" || form["include_all_metadata"] == "true") {
			object["metadata"] = json.RawMessage(m.Metadata)
		}
		list = append(list, object)
	}
	return map[string]any{"ok": true, "messages": list, "has_more": false}
}

func (s *Server) find(channel, ts string) (int, *Message) {
	for i, m := range s.messages {
		if m.Channel == channel && m.TS == ts {
			return i, m
		}
	}
	return -1, nil
}

func (s *Server) chat(method string, form map[string]string) map[string]any {
	c := s.channels[form["channel"]]
	if c == nil {
		return refuse("channel_not_found")
	}
	if code := misfit(form); code != "" && method != "chat.delete" {
		return refuse(code)
	}
	if method == "chat.postMessage" {
		switch {
		case c.Archived:
			return refuse("is_archived")
		case !c.Member:
			return refuse("not_in_channel")
		case form["thread_ts"] != "":
			if _, m := s.find(c.ID, form["thread_ts"]); m == nil {
				return refuse("thread_not_found")
			}
		}
		m := &Message{Channel: c.ID, TS: s.nextTS(), ThreadTS: form["thread_ts"], Text: form["text"], Blocks: form["blocks"], Metadata: form["metadata"], User: BotUser}
		s.messages = append(s.messages, m)
		s.pushes = append(s.pushes, map[string]any{
			"type": "message", "channel": c.ID, "channel_type": "channel", "user": BotUser, "bot_id": "B0BOT", "app_id": "A1", "bot_profile": map[string]any{"id": "B0BOT"}, "text": m.Text, "ts": m.TS, "thread_ts": m.ThreadTS,
		})
		return map[string]any{"ok": true, "channel": c.ID, "ts": m.TS}
	}
	i, m := s.find(c.ID, form["ts"])
	if m == nil {
		return refuse("message_not_found")
	}
	switch {
	case method == "chat.update" && m.User == BotUser:
		m.Text, m.Blocks = form["text"], form["blocks"]
		m.Edits++
	case method == "chat.delete" && m.User == BotUser:
		s.messages = slices.Delete(s.messages, i, i+1)
	case method == "chat.update":
		return refuse("cant_update_message")
	case method == "chat.delete":
		return refuse("cant_delete_message")
	default:
		return refuse("unknown_method")
	}
	return map[string]any{"ok": true, "channel": c.ID, "ts": m.TS}
}

func (s *Server) react(method string, form map[string]string) map[string]any {
	_, m := s.find(form["channel"], form["timestamp"])
	if m == nil {
		return refuse("message_not_found")
	}
	at := slices.Index(m.Reactions, form["name"])
	switch {
	case method == "reactions.add" && at >= 0:
		return refuse("already_reacted")
	case method == "reactions.remove" && at < 0:
		return refuse("no_reaction")
	case method == "reactions.add":
		m.Reactions = append(m.Reactions, form["name"])
	default:
		m.Reactions = slices.Delete(m.Reactions, at, at+1)
	}
	return map[string]any{"ok": true}
}

func (s *Server) fileMethods(method string, form map[string]string) map[string]any {
	base := s.http.URL
	if method == "files.getUploadURLExternal" {
		s.number++
		f := &File{ID: fmt.Sprintf("F%06d", s.number), Name: form["filename"]}
		s.files[f.ID] = f
		return map[string]any{"ok": true, "file_id": f.ID, "upload_url": base + "/upload/" + f.ID}
	}
	id := form["file"]
	if method == "files.completeUploadExternal" {
		var list []struct{ ID string }
		_ = json.Unmarshal([]byte(form["files"]), &list)
		if len(list) == 1 {
			id = list[0].ID
		}
	}
	f := s.files[id]
	if f == nil {
		return refuse("file_not_found")
	}
	switch method {
	case "files.delete":
		delete(s.files, id)
	case "files.completeUploadExternal":
		if f.Content == "" {
			return refuse("file_not_found")
		}
		f.Channel, f.ThreadTS = form["channel_id"], form["thread_ts"]
		s.pushes = append(s.pushes, map[string]any{
			"type": "message", "subtype": "file_share", "channel": f.Channel, "channel_type": "channel", "user": BotUser, "bot_id": nil, "text": "", "ts": s.nextTS(), "thread_ts": f.ThreadTS,
			"files": []any{map[string]any{"id": f.ID, "name": f.Name, "mode": "hosted", "size": len(f.Content), "url_private": base + "/file/" + f.ID, "url_private_download": base + "/file/" + f.ID}},
		})
		return map[string]any{"ok": true, "files": []any{map[string]any{"id": f.ID, "title": f.Name}}}
	case "files.info":
		shares := map[string]any{}
		if s.slow > 0 {
			s.slow--
		} else if f.Channel != "" {
			shares["public"] = map[string]any{f.Channel: []any{map[string]any{"ts": "1.0", "thread_ts": f.ThreadTS}}}
		}
		return map[string]any{"ok": true, "file": map[string]any{"id": f.ID, "name": f.Name, "shares": shares}}
	}
	return map[string]any{"ok": true}
}

// misfit is why Slack does not take a post; "": it does. Of a longer text it makes several posts,
// which no client here is to have happen.
func misfit(form map[string]string) string {
	if length(form["text"]) > 4_000 {
		return "msg_too_long"
	}
	var blocks []struct {
		Text   *struct{ Text string }
		Fields []struct{ Text string }
	}
	if form["blocks"] != "" && json.Unmarshal([]byte(form["blocks"]), &blocks) != nil {
		return "invalid_blocks_format"
	}
	for _, b := range blocks {
		if len(blocks) > 50 || len(b.Fields) > 10 || b.Text != nil && length(b.Text.Text) > 3_000 {
			return "invalid_blocks"
		}
		for _, f := range b.Fields {
			if length(f.Text) > 2_000 {
				return "invalid_blocks"
			}
		}
	}
	return ""
}

// length counts characters as Slack does.
func length(text string) int { return len(utf16.Encode([]rune(text))) }
