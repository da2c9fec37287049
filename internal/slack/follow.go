package slack

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/ent/slackchannel"
	"parley/ent/slackworkspace"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// shownAtFirst is how many messages a new thread shows of those that were there before, and
	// shownLater those of a thread that begins later.
	shownAtFirst = 20
	shownLater   = 5
)

// Consumer notes what is to be shown in Slack of each event (NT-2).
func (s *Service) Consumer() reaction.Consumer {
	return reaction.Consumer{Name: "slack", Types: []vocab.EventType{
		vocab.ConversationCreated, vocab.ConversationAssigned, vocab.ConversationUnassigned, vocab.ConversationClosed, vocab.ConversationReopened, vocab.ConversationFiltered,
		vocab.ConversationUnfiltered, vocab.ConversationDeleted, vocab.ConversationRestored, vocab.ConversationUpdated, vocab.ConversationSnoozed, vocab.ConversationUnsnoozed,
		vocab.BotHandedOffEvent, vocab.BotTakenOverEvent, vocab.ContactLinked, vocab.ContactUnlinked, vocab.ContactUpdated, vocab.ContactMerged, vocab.ContactUnmerged,
		vocab.MessageCreated, vocab.MessageUpdated, vocab.MessageDeleted, vocab.MessageDeliveryChanged, vocab.MessageReturned, vocab.UserAvailabilityChanged, vocab.UserUpdated,
	}, Handle: s.handle}
}

// line is what a post says that is no message.
type line struct {
	Kind string `json:"kind"`
	// Actor is who did it, and ActorKind of what kind they are.
	Actor     string      `json:"actor,omitempty"`
	ActorKind viewer.Kind `json:"actorKind,omitempty"`
	User      string      `json:"user,omitempty"`
	Team      string      `json:"team,omitempty"`
	Message   string      `json:"message,omitempty"`
	// Why is a sentence of Parley's own.
	Why string `json:"why,omitempty"`
}

// Kinds of lines that are not named after an event.
const (
	lineRefused = "REFUSED"
	lineFailed  = "FAILED"
	lineEdited  = "EDITED"
)

func (l line) encode() string {
	text, err := json.Marshal(l)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

// handle notes what an event is to show.
func (s *Service) handle(ctx context.Context, e *event.Entry) error {
	ctx = asSystem(ctx, e.AccountID)
	switch e.Type {
	case vocab.UserUpdated:
		if !slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool { return c.Field == "name" }) { // nothing else of them is shown
			return nil
		}
		return s.touchOf(ctx, "assignee_id", e.SubjectID)
	case vocab.UserAvailabilityChanged:
		return s.touchOf(ctx, "assignee_id", e.SubjectID)
	case vocab.ContactUpdated, vocab.ContactMerged, vocab.ContactUnmerged:
		return s.touchOf(ctx, "contact_id", e.SubjectID)
	}
	channels, err := s.store.Client(ctx).SlackChannel.Query().Where(slackchannel.InboxID(e.InboxID)).Order(slackchannel.ByID()).All(ctx)
	if err != nil || len(channels) == 0 {
		return err
	}
	c, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ID(e.ConversationID)).Only(ctx)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	begins, err := s.whereItBegins(ctx, e, c, channels)
	if err != nil {
		return err
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		for _, channel := range begins {
			if err := beginThread(ctx, tx, channel, c, e); err != nil {
				return err
			}
		}
		threads, err := threadsOf(ctx, tx, c.ID)
		if err != nil || len(threads) == 0 {
			return err
		}
		for _, t := range threads {
			if err := noteEvent(ctx, tx, t, e); err != nil {
				return err
			}
			s.wakeAfter(tx, t.teamID)
		}
		return touch(ctx, tx, "conversation_id = ", c.ID)
	})
}

// threadRow is the thread of a conversation in a channel.
type threadRow struct {
	id, accountID, inboxID, conversationID, channelID, teamID, slackID, ts, header string
	version                                                                        int64
	triedAt                                                                        int64
	attempts                                                                       int
}

const threadColumns = "id, account_id, inbox_id, conversation_id, channel_id, team_id, slack_id, ts, header, version, tried_at, attempts"

func (t *threadRow) scan(rows entsql.ColumnScanner) error {
	return rows.Scan(&t.id, &t.accountID, &t.inboxID, &t.conversationID, &t.channelID, &t.teamID, &t.slackID, &t.ts, &t.header, &t.version, &t.triedAt, &t.attempts)
}

func threadsOf(ctx context.Context, tx *store.Tx, conversationID string) (list []*threadRow, err error) {
	err = eachRow(ctx, tx, "SELECT "+threadColumns+" FROM slack_threads WHERE conversation_id = $1 ORDER BY id", []any{conversationID}, func(rows entsql.ColumnScanner) error {
		t := &threadRow{}
		list = append(list, t)
		return t.scan(rows)
	})
	return list, err
}

// touch has threads be looked at now: something that they show may be different.
func touch(ctx context.Context, tx *store.Tx, where string, arg any) error {
	now := int64(tx.Now())
	_, err := tx.Exec(ctx, "UPDATE slack_threads SET version = version + 1, attempts = 0, due_at = $1 WHERE "+where+"$2", now, arg)
	return err
}

// mostTouched is how many threads are looked at again for what became of a person: the newest. Each
// takes a call of Slack's, and what happens in others is not to wait for these.
const mostTouched = 200

// touchOf has the newest threads of open conversations be looked at whose column names someone.
func (s *Service) touchOf(ctx context.Context, column, named string) error {
	const which = "SELECT id FROM slack_threads WHERE account_id = $1 AND conversation_id IN (SELECT id FROM conversations WHERE "
	accountID := viewer.FromContext(ctx).AccountID
	open := ""
	if column == "assignee_id" {
		open = " AND inbox_id IN (SELECT inbox_id FROM slack_channels WHERE account_id = $3)"
	}
	args := []any{accountID, named}
	if open != "" {
		args = append(args, accountID)
	}
	ids, err := s.store.Strings(ctx, which+column+" = $2"+open+" AND status <> 'CLOSED') ORDER BY id DESC LIMIT "+strconv.Itoa(mostTouched), args...)
	if err != nil || len(ids) == 0 {
		return err
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		of := &store.Statement{}
		query := "UPDATE slack_threads SET version = version + 1, attempts = 0, due_at = " + of.Arg(int64(tx.Now())) + " WHERE id IN (" + store.List(of, ids) + ")"
		if _, err := tx.Exec(ctx, query, of.Args...); err != nil {
			return err
		}
		of = &store.Statement{}
		return eachRow(ctx, tx, "SELECT DISTINCT team_id FROM slack_threads WHERE id IN ("+store.List(of, ids)+")", of.Args, func(rows entsql.ColumnScanner) error {
			var teamID string
			err := rows.Scan(&teamID)
			s.wakeAfter(tx, teamID)
			return err
		})
	})
}

// whereItBegins are the channels in which an event begins a thread of a conversation.
func (s *Service) whereItBegins(ctx context.Context, e *event.Entry, c *ent.Conversation, channels []*ent.SlackChannel) ([]*ent.SlackChannel, error) {
	kind, err := s.kindOf(ctx, e, c)
	if err != nil || kind == "" {
		return nil, err
	}
	connected, err := s.store.Client(ctx).SlackWorkspace.Query().Where(slackworkspace.StateEQ(vocab.SlackConnected)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	var list []*ent.SlackChannel
	for _, channel := range channels {
		// What nothing can be posted to is not to get all of it at once later.
		if channel.State != vocab.SlackChannelConnected || !slices.Contains(connected, channel.WorkspaceID) || !slices.Contains(channel.Kinds, kind) {
			continue
		}
		shows, err := s.shows(ctx, channel, c)
		if err != nil {
			return nil, err
		}
		if shows {
			list = append(list, channel)
		}
	}
	return list, nil
}

// kindOf is as what an event may begin a thread; "": it does not.
func (s *Service) kindOf(ctx context.Context, e *event.Entry, c *ent.Conversation) (vocab.SlackPostKind, error) {
	if c.DeletedAt.IsSet() || c.Filtered != 0 {
		return "", nil
	}
	isNew := vocab.SlackNewEmail
	if c.Kind.Abilities().OnlyToAvailable { // it is live
		isNew = vocab.SlackNewChat
	}
	switch e.Type {
	case vocab.ConversationAssigned:
		if c.AssigneeID != "" || c.AssignedTeamID != "" {
			return vocab.SlackAssigned, nil
		}
	case vocab.MessageCreated: // the contact's first one, in a conversation that was made before
		m, err := s.store.Client(ctx).Message.Query().Where(entmessage.ID(e.MessageID)).Only(ctx)
		if err != nil || m.Direction != vocab.Incoming || c.InBots {
			return "", ent.MaskNotFound(err)
		}
		before, err := s.store.Client(ctx).Message.Query().Where(entmessage.ConversationID(c.ID), entmessage.DirectionEQ(vocab.Incoming), entmessage.NumberLT(m.Number)).Exist(ctx)
		if err != nil || before {
			return "", err
		}
		return isNew, nil
	case vocab.ConversationCreated, vocab.BotHandedOffEvent, vocab.BotTakenOverEvent, vocab.ConversationUnfiltered:
		if !c.InBots && c.Status != vocab.Closed && c.LastIncomingNumber > 0 {
			return isNew, nil
		}
	}
	return "", nil
}

// shows reports whether a channel's saved view shows a conversation. A view that is gone shows
// none, and the channel says so.
func (s *Service) shows(ctx context.Context, channel *ent.SlackChannel, c *ent.Conversation) (bool, error) {
	if channel.ViewID == "" {
		return true, nil
	}
	reader := &viewer.Viewer{Kind: viewer.Integration, AccountID: channel.AccountID, ActorID: channel.ID, InboxIDs: []string{channel.InboxID}, Scopes: []string{viewer.ScopeAll}}
	shown, err := s.views.Matches(viewer.NewContext(ctx, reader), view.Selection{SavedViewID: &channel.ViewID}, c)
	if wrong := errs.Of(err); wrong != nil {
		return false, s.changeRow(ctx, channel, func(after *ent.SlackChannel) {
			if after.State == vocab.SlackChannelConnected {
				after.Problem = "The saved view cannot be used any longer: choose another one."
			}
		})
	}
	return shown, err
}

// beginThread begins the thread of a conversation in a channel, unless it has one.
func beginThread(ctx context.Context, tx *store.Tx, channel *ent.SlackChannel, c *ent.Conversation, e *event.Entry) error {
	threadID, now := id.New("slackthread"), int64(tx.Now())
	made, err := tx.Exec(ctx, `INSERT INTO slack_threads (id, account_id, inbox_id, conversation_id, channel_id, team_id, slack_id, due_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (conversation_id, channel_id) DO NOTHING`,
		threadID, c.AccountID, c.InboxID, c.ID, channel.ID, channel.TeamID, channel.SlackID, now, now)
	if err != nil || made == 0 {
		return err
	}
	most := shownAtFirst
	if e.Type == vocab.ConversationAssigned {
		most = shownLater
	}
	messages, err := tx.Client.Message.Query().Where(entmessage.ConversationID(c.ID), entmessage.DeletedAt(0)).Order(entmessage.ByNumber(entsql.OrderDesc())).Limit(most).All(ctx)
	if err != nil {
		return err
	}
	t := &threadRow{id: threadID, accountID: c.AccountID, inboxID: c.InboxID, conversationID: c.ID}
	for _, m := range slices.Backward(messages) {
		if err := notePost(ctx, tx, t, int64(m.Number), m.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// notePost has a thread show a message or a line. One that it shows is looked at again.
func notePost(ctx context.Context, tx *store.Tx, t *threadRow, position int64, messageID, said string) error {
	again := ""
	if messageID != "" {
		again = " ON CONFLICT (thread_id, message_id, attachment_id) WHERE message_id <> '' DO UPDATE SET due = TRUE, attempts = 0, version = slack_posts.version + 1"
	}
	_, err := tx.Exec(ctx, `INSERT INTO slack_posts (id, account_id, inbox_id, conversation_id, thread_id, position, message_id, line, due, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE, $9)`+again,
		id.New("slackpost"), t.accountID, t.inboxID, t.conversationID, t.id, position, messageID, said, int64(tx.Now()))
	return err
}

// noteEvent has a thread show an event of its conversation.
func noteEvent(ctx context.Context, tx *store.Tx, t *threadRow, e *event.Entry) error {
	switch e.Type {
	case vocab.MessageCreated:
		return notePost(ctx, tx, t, e.Sequence, e.MessageID, "")
	case vocab.MessageUpdated, vocab.MessageDeleted, vocab.MessageDeliveryChanged, vocab.MessageReturned:
		_, err := tx.Exec(ctx, "UPDATE slack_posts SET due = TRUE, attempts = 0, version = version + 1 WHERE thread_id = $1 AND message_id = $2 AND message_id <> ''", t.id, e.MessageID)
		return err
	case vocab.ConversationAssigned, vocab.ConversationUnassigned, vocab.ConversationClosed, vocab.ConversationReopened:
		l := line{Kind: string(e.Type), Actor: e.ActorID, ActorKind: e.ActorKind}
		for _, c := range e.Changes {
			switch {
			case c.To == nil:
			case c.Field == "assignee":
				l.User = *c.To
			case c.Field == "assignedTeam":
				l.Team = *c.To
			}
		}
		if e.Type == vocab.ConversationAssigned && l.User == "" && l.Team == "" {
			return nil
		}
		return notePost(ctx, tx, t, e.Sequence, "", l.encode())
	}
	return nil
}
