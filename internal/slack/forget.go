package slack

import (
	"context"
	"errors"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/slackworkspace"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/vocab"
)

// eventsKept is how long the ids of what Slack said are kept: longer than it repeats anything.
const eventsKept = 7 * 24 * time.Hour

// Register has the queue do what is left to it.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.Revoke, job.Options{Timeout: time.Minute})
}

// Forget removes what is no longer needed: installs that no one finished, the ids of events of
// a week ago, and what waits for a workspace that is gone. The system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	ctx = everywhere(ctx)
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		_, one := tx.Exec(ctx, "DELETE FROM slack_installs WHERE expires_at < $1", int64(now))
		_, two := tx.Exec(ctx, "DELETE FROM slack_events WHERE received_at < $1", int64(now.Add(-eventsKept)))
		_, three := tx.Exec(ctx, "DELETE FROM slack_removals WHERE NOT EXISTS (SELECT 1 FROM slack_workspaces w WHERE w.team_id = slack_removals.team_id AND w.account_id = slack_removals.account_id)")
		return errors.Join(one, two, three)
	})
	if err != nil {
		return err
	}
	return lease.Forget(ctx, s.store, leasePrefix, eventsKept)
}

// removalRow is a post of a conversation that was purged.
type removalRow struct {
	id, accountID, slackID, ts, fileID, postID, threadTS string
	triedAt                                              int64
	attempts                                             int
}

// leavePost has a post be deleted that was made while its conversation was purged.
func (w *work) leavePost(ctx context.Context, tx *store.Tx, ts, fileID string) error {
	if ts == "" && fileID == "" {
		return nil
	}
	_, err := tx.Exec(ctx, "INSERT INTO slack_removals (id, account_id, team_id, slack_id, ts, file_id, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id.New("slackremoval"), w.row.accountID, w.row.teamID, w.row.slackID, ts, fileID, int64(tx.Now()))
	if err == nil {
		w.wakeAfter(tx, w.row.teamID)
	}
	return err
}

const (
	// removalTries is how often it is tried to delete a post in a channel that the app is not in: for
	// about a day.
	removalTries = 150
	// connectedAgain is how long what is to be deleted rests while the workspace is not connected.
	connectedAgain = time.Hour
)

// tendRemoval deletes a post in Slack whose conversation was purged (IN-13).
func (r *runner) tendRemoval(ctx context.Context, removalID string) error {
	var x *removalRow
	err := store.ForEachRow(ctx, r.store, "SELECT id, account_id, slack_id, ts, file_id, post_id, thread_ts, tried_at, attempts FROM slack_removals WHERE id = $1", []any{removalID}, func(rows entsql.ColumnScanner) error {
		x = &removalRow{}
		return rows.Scan(&x.id, &x.accountID, &x.slackID, &x.ts, &x.fileID, &x.postID, &x.threadTS, &x.triedAt, &x.attempts)
	})
	if err != nil || x == nil {
		return err
	}
	ctx = asSystem(ctx, x.accountID)
	err = r.removePost(ctx, x)
	var put later
	switch f := faultOf(err); {
	case errors.Is(err, errNotConnected):
		return r.execWithin(ctx, x.accountID, "UPDATE slack_removals SET due_at = $1 WHERE id = $2", int64(r.store.Now().Add(connectedAgain)), x.id)
	case err == nil, f == faultGone, f == faultRefused, f == faultChannel && x.attempts >= removalTries:
		if err != nil && f != faultGone {
			r.log.WarnContext(ctx, "a post of a purged conversation cannot be deleted in Slack", "error", err)
		}
		return r.execWithin(ctx, x.accountID, "DELETE FROM slack_removals WHERE id = $1", x.id)
	case ctx.Err() != nil, errors.As(err, &put):
		return err
	}
	r.log.WarnContext(ctx, "a post of a purged conversation could not be deleted in Slack yet", "error", err)
	return r.execWithin(ctx, x.accountID, "UPDATE slack_removals SET attempts = attempts + 1, due_at = $1 WHERE id = $2", int64(r.store.Now().Add(pauseAfter(x.attempts))), x.id)
}

// errNotConnected says that the workspace has to be connected first.
var errNotConnected = errors.New("the workspace is not connected")

func (r *runner) removePost(ctx context.Context, x *removalRow) error {
	w, err := r.store.Client(ctx).SlackWorkspace.Query().Where(slackworkspace.TeamID(r.teamID)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil // it is gone, and with it the access
	case err != nil:
		return err
	case w.State != vocab.SlackConnected:
		return errNotConnected
	}
	client, err := r.clientOf(w)
	if err != nil {
		return err
	}
	if x.ts == "" && x.fileID == "" { // it was tried, and may be there
		a := attempt{table: "slack_removals", id: x.postID, triedAt: clock.Micros(x.triedAt)}
		if sure := r.endOf(a).Add(unsure); sure > r.store.Now() {
			return later{sure}
		}
		if x.ts, err = r.lookFor(ctx, client, a, place{slackID: x.slackID, threadTS: x.threadTS}); err != nil || x.ts == "" {
			return err
		}
	}
	if x.fileID != "" {
		return r.call(ctx, "files.delete", func(ctx context.Context) error { return client.DeleteFileContext(ctx, x.fileID) })
	}
	return r.call(ctx, "chat.delete", func(ctx context.Context) error {
		_, _, err := client.DeleteMessageContext(ctx, x.slackID, x.ts)
		return err
	})
}
