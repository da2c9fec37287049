package slack

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/ent/slackworkspace"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// noticeLife is how long it is worth something to notify a user in Slack.
const noticeLife = time.Hour

// slackTime is a moment as Slack writes it.
func slackTime(at clock.Micros) string {
	return strconv.FormatInt(int64(at)/1_000_000, 10) + "." + strings.Repeat("0", 6-len(strconv.FormatInt(int64(at)%1_000_000, 10))) + strconv.FormatInt(int64(at)%1_000_000, 10)
}

// HasWorkspace reports whether users of the account may be notified in Slack.
func (s *Service) HasWorkspace(ctx context.Context) (bool, error) {
	return s.store.Client(ctx).SlackWorkspace.Query().Where(slackworkspace.StateEQ(vocab.SlackConnected)).Exist(ctx)
}

// Notify has a user be notified in Slack, by the first workspace in which someone has their address.
func (s *Service) Notify(ctx context.Context, tx *store.Tx, accountID, userID, notificationID string) error {
	w, err := tx.Client.SlackWorkspace.Query().Where(slackworkspace.StateEQ(vocab.SlackConnected)).Order(slackworkspace.ByID()).First(ctx)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	now := int64(tx.Now())
	_, err = tx.Exec(ctx, "INSERT INTO slack_notices (id, account_id, team_id, user_id, notification_id, since, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id.New("slacknotice"), accountID, w.TeamID, userID, notificationID, now, now)
	s.wakeAfter(tx, w.TeamID)
	return err
}

// noticeRow is a notification that is to be told in Slack.
type noticeRow struct {
	id, accountID, userID, notificationID, slackID string
	triedAt, since                                 int64
	attempts                                       int
}

// tendNotice tells a user of a notification in a direct message, unless it was read meanwhile.
func (r *runner) tendNotice(ctx context.Context, noticeID string) error {
	var n *noticeRow
	err := store.ForEachRow(ctx, r.store, "SELECT id, account_id, user_id, notification_id, slack_id, tried_at, since, attempts FROM slack_notices WHERE id = $1", []any{noticeID}, func(rows entsql.ColumnScanner) error {
		n = &noticeRow{}
		return rows.Scan(&n.id, &n.accountID, &n.userID, &n.notificationID, &n.slackID, &n.triedAt, &n.since, &n.attempts)
	})
	if err != nil || n == nil {
		return err
	}
	ctx = asSystem(ctx, n.accountID)
	err = r.notifyUser(ctx, n)
	if errors.Is(err, errNoOne) {
		return r.passOn(ctx, n)
	}
	var put later
	switch f := faultOf(err); {
	case err == nil, f == faultRefused, f == faultChannel, r.store.Now() > clock.Micros(n.since).Add(noticeLife):
		if err != nil {
			r.log.DebugContext(ctx, "a user was not notified in Slack", "error", err)
		}
		return r.execWithin(ctx, n.accountID, "DELETE FROM slack_notices WHERE id = $1", n.id)
	case ctx.Err() != nil, errors.As(err, &put):
		return err
	}
	return r.execWithin(ctx, n.accountID, "UPDATE slack_notices SET attempts = attempts + 1, due_at = $1 WHERE id = $2", int64(r.store.Now().Add(pauseAfter(n.attempts))), n.id)
}

func (r *runner) notifyUser(ctx context.Context, n *noticeRow) error {
	if r.notices == nil {
		return nil
	}
	text, link, err := r.notices.SlackText(ctx, n.accountID, n.userID, n.notificationID)
	if err != nil || text == "" {
		return err
	}
	w, err := r.store.Client(ctx).SlackWorkspace.Query().Where(slackworkspace.TeamID(r.teamID), slackworkspace.StateEQ(vocab.SlackConnected)).Only(ctx)
	if ent.IsNotFound(err) {
		return errNoOne
	}
	if err != nil {
		return err
	}
	u, err := r.store.Client(ctx).User.Get(ctx, n.userID)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	client, err := r.clientOf(w)
	if err != nil {
		return err
	}
	if n.slackID == "" {
		if err := r.openDirect(ctx, client, n, u.Email); err != nil {
			return err
		}
	}
	said := escape(text)
	if link != "" {
		said += "\n<" + strings.NewReplacer("|", "%7C", ">", "%3E", "&", "&amp;").Replace(link) + "|Open in Parley>"
	}
	_, err = r.postOnce(ctx, client, n.accountID, attempt{table: "slack_notices", id: n.id, triedAt: clock.Micros(n.triedAt)}, place{slackID: n.slackID}, api.MsgOptionText(said, false))
	if err != nil && faultOf(err) == faultRevoked {
		return errors.Join(err, r.revoke(ctx, w, sentenceOf(err)))
	}
	return err
}

// errNoOne says that no one in a workspace has a user's address, or not as a member who confirmed
// it.
var errNoOne = errors.New("no one there has the user's address")

// passOn has a notification be sent by the account's next workspace; without one it is dropped.
func (r *runner) passOn(ctx context.Context, n *noticeRow) error {
	return r.within(ctx, n.accountID, func(ctx context.Context, tx *store.Tx) error {
		here, err := tx.Client.SlackWorkspace.Query().Where(slackworkspace.TeamID(r.teamID)).FirstID(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		next, err := tx.Client.SlackWorkspace.Query().Where(slackworkspace.StateEQ(vocab.SlackConnected), slackworkspace.IDGT(here)).Order(slackworkspace.ByID()).First(ctx)
		if ent.IsNotFound(err) {
			_, err = tx.Exec(ctx, "DELETE FROM slack_notices WHERE id = $1", n.id)
			return err
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE slack_notices SET team_id = $1, slack_id = '', tried_at = 0, attempts = 0, due_at = $2 WHERE id = $3", next.TeamID, int64(tx.Now()), n.id)
		r.wakeAfter(tx, next.TeamID)
		return err
	})
}

// openDirect finds the direct messages of whoever has an address in Slack; errNoOne: no one has.
func (r *runner) openDirect(ctx context.Context, client *api.Client, n *noticeRow, address string) error {
	var found *api.User
	err := r.call(ctx, "users.lookupByEmail", func(ctx context.Context) (err error) {
		found, err = client.GetUserByEmailContext(ctx, address)
		return err
	})
	if isCode(err, "users_not_found", "user_not_found", "user_not_visible") {
		return errNoOne
	}
	if err != nil {
		return err
	}
	if found.TeamID != r.teamID || found.Deleted || found.IsBot || found.IsStranger || found.IsRestricted || found.IsUltraRestricted || !found.IsEmailConfirmed {
		return errNoOne
	}
	err = r.call(ctx, "conversations.open", func(ctx context.Context) error {
		c, _, _, err := client.OpenConversationContext(ctx, &api.OpenConversationParameters{Users: []string{found.ID}})
		if err == nil {
			n.slackID = c.ID
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.execWithin(ctx, n.accountID, "UPDATE slack_notices SET slack_id = $1 WHERE id = $2", n.slackID, n.id)
}
