package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/internal/id"
	"parley/internal/store"
)

const (
	// EventsPath is where Slack sends events.
	EventsPath = "/slack/events"
	// ActionsPath is where Slack sends what people press.
	ActionsPath = "/slack/actions"
	// MaxBody is the most bytes that are taken of a request of Slack's.
	MaxBody = 1 << 20
	// replayWindow is how old a request may be.
	replayWindow = 5 * time.Minute
)

// Signed reports whether Slack made a request just now: its signature is by the secret of the
// operator's app, and its time within five minutes.
func (s *Service) Signed(header http.Header, body []byte) bool {
	at, err := strconv.ParseInt(header.Get("X-Slack-Request-Timestamp"), 10, 64)
	if err != nil || s.options.SigningSecret == "" {
		return false
	}
	if age := s.store.Clock().Now().Sub(time.Unix(at, 0)); age.Abs() > replayWindow {
		return false
	}
	hexed, ok := strings.CutPrefix(header.Get("X-Slack-Signature"), "v0=")
	given, err := hex.DecodeString(hexed)
	if !ok || err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(s.options.SigningSecret))
	mac.Write([]byte("v0:" + header.Get("X-Slack-Request-Timestamp") + ":"))
	mac.Write(body)
	return hmac.Equal(given, mac.Sum(nil))
}

// envelope is what Slack sends.
type envelope struct {
	Type      string          `json:"type"`
	Challenge string          `json:"challenge"`
	TeamID    string          `json:"team_id"`
	EventID   string          `json:"event_id"`
	Shared    bool            `json:"is_ext_shared_channel"`
	Event     json.RawMessage `json:"event"`
}

// happening is an event of Slack's, as far as it matters here.
type happening struct {
	Type     string          `json:"type"`
	Subtype  string          `json:"subtype"`
	Channel  json.RawMessage `json:"channel"` // an id, or an object
	Message  *said           `json:"message"`
	Previous *said           `json:"previous_message"`
	Deleted  string          `json:"deleted_ts"`
	Tokens   struct {
		Bot []string `json:"bot"`
	} `json:"tokens"`
	said
}

// said is what someone wrote in Slack.
type said struct {
	User     string          `json:"user"`
	UserTeam string          `json:"user_team"`
	BotID    string          `json:"bot_id"`
	AppID    string          `json:"app_id"`
	Profile  *struct{}       `json:"bot_profile"`
	Text     string          `json:"text"`
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts"`
	Blocks   json.RawMessage `json:"blocks"`
	Files    []file          `json:"files"`
	Edited   *struct {
		User string `json:"user"`
		TS   string `json:"ts"`
	} `json:"edited"`
}

// byPerson reports whether someone wrote it, and not a program.
func (s *said) byPerson() bool {
	return s.User != "" && s.User != slackbot && s.BotID == "" && s.AppID == "" && s.Profile == nil
}

// slackbot is whom Slack itself writes as.
const slackbot = "USLACKBOT"

// file is one that someone sent in Slack.
type file struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Mode     string `json:"mode"`
	Size     int64  `json:"size"`
	External bool   `json:"is_external"`
	URL      string `json:"url_private_download"`
	Private  string `json:"url_private"`
}

// channelID is the channel that it is about, and the name that that has by now.
func (h *happening) channelID() (slackID, name string) {
	if json.Unmarshal(h.Channel, &slackID) == nil {
		return slackID, ""
	}
	var object struct{ ID, Name string }
	if json.Unmarshal(h.Channel, &object) != nil {
		return "", ""
	}
	return object.ID, object.Name
}

// Kinds of stored events that are no events of Slack's of that name.
const (
	kindReply   = "reply"
	kindChanged = "changed"
	kindDeleted = "deleted"
	kindAction  = "action"
)

// aboutThread says in which thread an event was, about which post; kind "": it does not matter.
// What the app and other programs write does not.
func (h *happening) aboutThread() (kind, threadTS, aboutTS string) {
	switch {
	case h.Type != "message":
	case h.Subtype == "" || h.Subtype == "file_share" || h.Subtype == "thread_broadcast":
		if h.byPerson() && h.ThreadTS != "" && h.ThreadTS != h.said.TS {
			return kindReply, h.ThreadTS, h.said.TS
		}
	case h.Subtype == "message_changed":
		if m := h.Message; m != nil && m.byPerson() && m.Edited != nil && m.ThreadTS != "" && m.ThreadTS != m.TS {
			return kindChanged, m.ThreadTS, m.TS
		}
	case h.Subtype == "message_deleted":
		if m := h.Previous; m != nil && m.byPerson() && m.ThreadTS != "" && m.ThreadTS != h.Deleted {
			return kindDeleted, m.ThreadTS, h.Deleted
		}
	}
	return "", "", ""
}

// author is who wrote what it is about.
func (h *happening) author() string {
	switch {
	case h.Subtype == "message_changed" && h.Message != nil:
		return h.Message.User
	case h.Subtype == "message_deleted" && h.Previous != nil:
		return h.Previous.User
	}
	return h.User
}

// aboutChannels are the types of events about a whole channel or workspace.
var aboutChannels = map[string]bool{
	"app_uninstalled": true, "tokens_revoked": true, "channel_shared": true, "channel_archive": true, "group_archive": true, "channel_deleted": true, "group_deleted": true,
	"channel_rename": true, "group_rename": true, "channel_unarchive": true, "group_unarchive": true,
}

// TakeEvent stores what Slack says, once, if it matters: it is handled afterwards. It returns
// what to answer. The request's signature was checked.
func (s *Service) TakeEvent(ctx context.Context, body []byte) (challenge string, err error) {
	var e envelope
	if json.Unmarshal(body, &e) != nil || !store.Storable(string(body)) {
		return "", nil
	}
	if e.Type == "url_verification" {
		return e.Challenge, nil
	}
	var h happening
	if e.Type != "event_callback" || e.EventID == "" || e.TeamID == "" || len(e.EventID) > 200 || json.Unmarshal(e.Event, &h) != nil {
		return "", nil
	}
	slackID, _ := h.channelID()
	kind, threadTS, aboutTS := h.aboutThread()
	switch {
	case kind != "":
		matters, err := s.isOfThread(ctx, e.TeamID, slackID, threadTS)
		if err != nil || !matters {
			return "", err
		}
		// A file that the app shows is said to be by its user, and of no bot.
		own, err := s.store.Strings(everywhere(ctx), "SELECT id FROM slack_workspaces WHERE team_id = $1 AND bot_user_id = $2 LIMIT 1", e.TeamID, h.author())
		if err != nil || len(own) > 0 {
			return "", err
		}
	case aboutChannels[h.Type] && (h.Type != "tokens_revoked" || len(h.Tokens.Bot) > 0):
		kind = h.Type
		known, err := s.store.Strings(everywhere(ctx), "SELECT id FROM slack_workspaces WHERE team_id = $1 LIMIT 1", e.TeamID)
		if err != nil || len(known) == 0 {
			return "", err
		}
	default:
		return "", nil
	}
	return "", s.storeEvent(ctx, storedEvent{id: e.EventID, teamID: e.TeamID, slackID: slackID, threadTS: threadTS, aboutTS: aboutTS, kind: kind, body: string(body)})
}

// isOfThread reports whether a thread is one of Parley's, or may be: one that was posted
// minutes ago, of which it is not known yet where.
func (s *Service) isOfThread(ctx context.Context, teamID, slackID, threadTS string) (bool, error) {
	found, err := s.store.Strings(everywhere(ctx), "SELECT id FROM slack_threads WHERE team_id = $1 AND slack_id = $2 AND (ts = $3 OR ts = '' AND tried_at > $4) LIMIT 1", teamID, slackID, threadTS, int64(s.store.Now().Add(-placedWithin)))
	return len(found) > 0, err
}

// storedEvent is what Slack said, until it is handled.
type storedEvent struct {
	id, teamID, slackID, threadTS, aboutTS, kind, body, messageID string
	receivedAt, dueAt                                             int64
	attempts                                                      int
}

func (s *Service) storeEvent(ctx context.Context, e storedEvent) error {
	return s.store.WithTx(everywhere(ctx), func(ctx context.Context, tx *store.Tx) error {
		now := int64(tx.Now())
		stored, err := tx.Exec(ctx, `INSERT INTO slack_events (id, team_id, slack_id, thread_ts, about_ts, kind, body, message_id, received_at, due_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
			e.id, e.teamID, e.slackID, e.threadTS, e.aboutTS, e.kind, e.body, id.New(id.Message), now, now)
		if err == nil && stored > 0 {
			s.wakeAfter(tx, e.teamID)
		}
		return err
	})
}

// action is a button that someone pressed.
type action struct {
	Type string `json:"type"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
	} `json:"container"`
	Actions []struct {
		ActionID string `json:"action_id"`
		ActionTS string `json:"action_ts"`
	} `json:"actions"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// TakeAction stores which button someone pressed, once: that is handled afterwards. The
// request's signature was checked.
func (s *Service) TakeAction(ctx context.Context, payload string) error {
	var a action
	if json.Unmarshal([]byte(payload), &a) != nil || !store.Storable(payload) || a.Type != "block_actions" || len(a.Actions) != 1 || a.Team.ID == "" {
		return nil
	}
	switch a.Actions[0].ActionID {
	case actionAssign, actionClose, actionOpen:
	default:
		return nil // a link, or another app's
	}
	matters, err := s.isOfThread(ctx, a.Team.ID, a.Channel.ID, a.Container.MessageTS)
	if err != nil || !matters {
		return err
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{a.TriggerID, a.User.ID, a.Actions[0].ActionID, a.Actions[0].ActionTS}, "\n")))
	return s.storeEvent(ctx, storedEvent{
		id: "action " + hex.EncodeToString(sum[:]), teamID: a.Team.ID, slackID: a.Channel.ID, threadTS: a.Container.MessageTS, aboutTS: a.Actions[0].ActionTS, kind: kindAction, body: string(body),
	})
}
