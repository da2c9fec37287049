package slackserver

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sign signs a body as Slack does.
func Sign(secret string, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return http.Header{"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}}
}

// Post sends a body to Parley, and returns the status and what it answers; 0: there was no
// answer.
func (s *Server) Post(path, contentType string, body []byte, header http.Header) (int, string) {
	s.mu.Lock()
	parley := s.parley
	s.mu.Unlock()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, parley+path, bytes.NewReader(body))
	if err != nil {
		return 0, ""
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	raw, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(raw)
}

// Event is a body that says that something happened.
func (s *Server) Event(event map[string]any) []byte {
	s.mu.Lock()
	s.number++
	id := fmt.Sprintf("Ev%08d", s.number)
	s.mu.Unlock()
	body, err := json.Marshal(map[string]any{"type": "event_callback", "team_id": Team, "api_app_id": "A1", "event_id": id, "event_time": 1, "event": event})
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

// Send sends an event, signed now: the test fails if it is not taken.
func (s *Server) Send(body []byte) {
	s.t.Helper()
	if status, answer := s.Post("/slack/events", "application/json", body, Sign(SigningSecret, s.clock.Now(), body)); status != http.StatusOK {
		s.t.Fatalf("an event was answered with %d %s", status, answer)
	}
}

// Writes has someone write in a thread, and returns when, without saying so to Parley.
func (s *Server) Writes(channel, threadTS, user, text string, files ...File) (ts string, event map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &Message{Channel: channel, TS: s.nextTS(), ThreadTS: threadTS, Text: text, User: user}
	s.messages = append(s.messages, m)
	event = map[string]any{"type": "message", "channel": channel, "channel_type": "channel", "user": user, "text": text, "ts": m.TS, "thread_ts": threadTS}
	var list []any
	for _, f := range files {
		s.files[f.ID] = &f
		list = append(list, map[string]any{
			"id": f.ID, "name": f.Name, "mode": "hosted", "size": len(f.Content), "url_private": s.http.URL + "/file/" + f.ID, "url_private_download": s.http.URL + "/file/" + f.ID,
		})
	}
	if list != nil {
		event["files"], event["subtype"] = list, "file_share"
	}
	return m.TS, event
}

// Says has someone write in a thread, and says so to Parley.
func (s *Server) Says(channel, threadTS, user, text string, files ...File) (ts string) {
	s.t.Helper()
	ts, event := s.Writes(channel, threadTS, user, text, files...)
	s.Send(s.Event(event))
	return ts
}

// Edits has someone edit what they wrote; the event is returned.
func (s *Server) Edits(channel, ts, text string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, m := s.find(channel, ts)
	m.Text = text
	return map[string]any{"type": "message", "subtype": "message_changed", "channel": channel, "ts": s.nextTS(), "message": map[string]any{
		"type": "message", "user": m.User, "text": text, "ts": m.TS, "thread_ts": m.ThreadTS, "edited": map[string]any{"user": m.User, "ts": s.nextTS()},
	}}
}

// Deletes has someone delete what they wrote; the event is returned.
func (s *Server) Deletes(channel, ts string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, m := s.find(channel, ts)
	s.messages = slices.Delete(s.messages, i, i+1)
	return map[string]any{"type": "message", "subtype": "message_deleted", "channel": channel, "ts": s.nextTS(), "deleted_ts": ts, "previous_message": map[string]any{
		"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "thread_ts": m.ThreadTS,
	}}
}

// Press has someone press a button of a message.
func (s *Server) Press(channel, ts, user, action string) {
	s.t.Helper()
	s.mu.Lock()
	s.number++
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "channel": map[string]any{"id": channel}, "trigger_id": fmt.Sprintf("trigger-%d", s.number),
		"container": map[string]any{"type": "message", "message_ts": ts, "channel_id": channel}, "actions": []any{map[string]any{"action_id": action, "action_ts": s.nextTS(), "type": "button"}},
		"response_url": s.http.URL + "/respond/1",
	})
	s.mu.Unlock()
	if err != nil {
		s.t.Fatal(err)
	}
	body := []byte("payload=" + url.QueryEscape(string(payload)))
	if status, answer := s.Post("/slack/actions", "application/x-www-form-urlencoded", body, Sign(SigningSecret, s.clock.Now(), body)); status != http.StatusOK {
		s.t.Fatalf("an action was answered with %d %s", status, strings.TrimSpace(answer))
	}
}
