package slack

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// checkEvery is how often a channel is asked whether it is shared with others by now.
	checkEvery = 5 * time.Minute
	// mostPosts is how many posts of a thread are read at a time.
	mostPosts = 50
	// newsFor is how long what could not be posted is worth posting.
	newsFor = 24 * time.Hour
	// parked is when a thread is due that waits for its workspace or channel to be connected again.
	parked = -1
)

// work is a thread that is being served, with what it takes.
type work struct {
	*runner
	row       *threadRow
	channel   *ent.SlackChannel
	workspace *ent.SlackWorkspace
	c         *ent.Conversation
	api       *api.Client
}

// tendThread has a thread show what it is to show.
func (r *runner) tendThread(ctx context.Context, threadID string) error {
	w, err := r.openThread(ctx, threadID)
	if err != nil || w == nil {
		return err
	}
	ctx = asSystem(ctx, w.row.accountID)
	if err = w.checkShared(ctx); err == nil {
		err = w.show(ctx)
	}
	return w.settleThread(ctx, err)
}

// openThread loads a thread; nil: it is gone, or it waits to be connected again.
func (r *runner) openThread(ctx context.Context, threadID string) (*work, error) {
	w := &work{runner: r}
	err := store.ForEachRow(ctx, r.store, "SELECT "+threadColumns+" FROM slack_threads WHERE id = $1", []any{threadID}, func(rows entsql.ColumnScanner) error {
		w.row = &threadRow{}
		return w.row.scan(rows)
	})
	if err != nil || w.row == nil {
		return nil, err
	}
	inside := asSystem(ctx, w.row.accountID)
	client := r.store.Client(inside)
	if w.channel, err = client.SlackChannel.Get(inside, w.row.channelID); err != nil {
		return nil, ent.MaskNotFound(err)
	}
	if w.workspace, err = client.SlackWorkspace.Get(inside, w.channel.WorkspaceID); err != nil {
		return nil, ent.MaskNotFound(err)
	}
	if w.c, err = client.Conversation.Get(inside, w.row.conversationID); err != nil {
		return nil, ent.MaskNotFound(err)
	}
	if w.workspace.State != vocab.SlackConnected || w.channel.State != vocab.SlackChannelConnected {
		return nil, w.park(ctx)
	}
	w.api, err = r.clientOf(w.workspace)
	return w, err
}

// park has the thread wait until its workspace or channel is connected again.
func (w *work) park(ctx context.Context) error {
	return w.execWithin(ctx, w.row.accountID, "UPDATE slack_threads SET due_at = $1 WHERE id = $2 AND version = $3", parked, w.row.id, w.row.version)
}

// unpark has the threads that wait for something to be connected again be served. So are those that
// learned just now that it is not connected, and are about to be parked.
func unpark(ctx context.Context, tx *store.Tx, where, value string) error {
	// What is old by now is not news: what was said in threads of before is left out.
	old := int64(tx.Now().Add(-newsFor))
	if _, err := tx.Exec(ctx, "UPDATE slack_posts SET due = FALSE WHERE thread_id IN (SELECT id FROM slack_threads WHERE due_at <> 0 AND "+where+" = $1) AND due AND ts = '' AND tried_at = 0 AND created_at < $2", value, old); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE slack_threads SET due_at = $1, attempts = 0, version = version + 1 WHERE due_at <> 0 AND "+where+" = $2", int64(tx.Now()), value)
	return err
}

// errShared says that others read the channel.
var errShared = errors.New("the channel is shared with another company")

// checkShared refuses a channel that others read by now: they must not see notes (pitfall 13).
func (w *work) checkShared(ctx context.Context) error {
	now := w.store.Now()
	w.mu.Lock()
	seen := w.checked[w.channel.SlackID]
	w.mu.Unlock()
	if seen > 0 && now < seen.Add(checkEvery) {
		return nil
	}
	err := w.call(ctx, "conversations.info", func(ctx context.Context) error {
		c, err := w.api.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: w.channel.SlackID})
		if err == nil && isShared(&c.GroupConversation) {
			err = errShared
		}
		return err
	})
	if err == nil {
		w.mu.Lock()
		w.checked[w.channel.SlackID] = now
		w.mu.Unlock()
	}
	return err
}

// settleThread notes how far a thread came. What failed for reasons of the channel's or workspace's
// stops these.
func (w *work) settleThread(ctx context.Context, err error) error {
	var put later
	switch {
	case err == nil:
		return w.execWithin(ctx, w.row.accountID, "UPDATE slack_threads SET attempts = 0, due_at = CASE WHEN version = $1 THEN 0 ELSE due_at END WHERE id = $2", w.row.version, w.row.id)
	case ctx.Err() != nil, errors.As(err, &put):
		return err
	case errors.Is(err, errShared):
		return errors.Join(w.share(ctx, w.channel), w.park(ctx))
	}
	switch faultOf(err) {
	case faultRevoked:
		return errors.Join(w.revoke(ctx, w.workspace, sentenceOf(err)), w.park(ctx))
	case faultChannel:
		return errors.Join(w.stopChannel(ctx, w.channel, vocab.SlackChannelUnreachable, sentenceOf(err)), w.park(ctx))
	case faultGone:
		if isCode(err, "thread_not_found") { // someone deleted the first post: it is made again
			return w.execWithin(ctx, w.row.accountID, "UPDATE slack_threads SET ts = '', header = '', tried_at = 0, version = version + 1, due_at = $1 WHERE id = $2 AND ts = $3",
				int64(w.store.Now().Add(restAfterFault)), w.row.id, w.row.ts)
		}
	case faultRefused: // it would be refused again, until something else is to be shown
		w.log.WarnContext(ctx, "Slack does not take a thread", "thread", w.row.id, "error", err)
		return w.execWithin(ctx, w.row.accountID, "UPDATE slack_threads SET attempts = 0, due_at = CASE WHEN version = $1 THEN 0 ELSE due_at END WHERE id = $2", w.row.version, w.row.id)
	}
	w.log.WarnContext(ctx, "a Slack thread could not be brought up to date", "thread", w.row.id, "error", err)
	at := w.store.Now().Add(pauseAfter(w.row.attempts))
	return w.execWithin(ctx, w.row.accountID, "UPDATE slack_threads SET attempts = attempts + 1, due_at = $1 WHERE id = $2 AND version = $3", int64(at), w.row.id, w.row.version)
}

// pauseAfter is how long what failed rests: from a second to ten minutes.
func pauseAfter(attempts int) time.Duration {
	return min(time.Second<<min(attempts, 10), 10*time.Minute)
}

// show brings the first post and what is below it up to date.
func (w *work) show(ctx context.Context) error {
	if err := w.showHeader(ctx); err != nil {
		return err
	}
	var failed error
	put := map[string]bool{}
	for {
		posts, err := w.duePosts(ctx)
		if err != nil {
			return err
		}
		posts = slices.DeleteFunc(posts, func(p *post) bool { return put[p.id] })
		if len(posts) == 0 {
			return failed
		}
		for _, p := range posts {
			err := w.tendPost(ctx, p)
			switch {
			case err == nil:
			case p.attachmentID != "" && ctx.Err() == nil && !stopsThread(err): // what is below it is shown first
				put[p.id], failed = true, cmp.Or(failed, err)
			default:
				return err
			}
		}
	}
}

// stopsThread reports whether nothing of a thread can be shown, and not only a file.
func stopsThread(err error) bool {
	f := faultOf(err)
	return !isLater(err) && (f == faultRevoked || f == faultChannel || isCode(err, "thread_not_found"))
}

// showHeader makes the first post, or edits it.
func (w *work) showHeader(ctx context.Context) error {
	h, err := w.header(ctx)
	if err != nil {
		return err
	}
	digest := h.digest()
	if w.row.ts == "" {
		ts, err := w.postOnce(ctx, attempt{table: "slack_threads", id: w.row.id, triedAt: clock.Micros(w.row.triedAt)}, place{slackID: w.channel.SlackID}, h.options()...)
		if err != nil {
			return err
		}
		w.row.ts, w.row.header = ts, digest
	} else if w.row.header != digest {
		err := w.call(ctx, "chat.update", func(ctx context.Context) error {
			_, _, _, err := w.api.UpdateMessageContext(ctx, w.channel.SlackID, w.row.ts, h.options()...)
			if refusesBlocks(err) {
				_, _, _, err = w.api.UpdateMessageContext(ctx, w.channel.SlackID, w.row.ts, append(h.options(), withoutBlocks)...)
			}
			return err
		})
		if err != nil && faultOf(err) != faultGone {
			return err
		}
		w.row.header = digest
	} else {
		return nil
	}
	return w.within(ctx, w.row.accountID, func(ctx context.Context, tx *store.Tx) error {
		kept, err := tx.Exec(ctx, "UPDATE slack_threads SET ts = $1, header = $2, tried_at = 0 WHERE id = $3", w.row.ts, w.row.header, w.row.id)
		if err != nil || kept > 0 {
			return err
		}
		return w.leavePost(ctx, tx, w.row.ts, "")
	})
}

// place is where something is posted.
type place struct{ slackID, threadTS string }

// attempt is a row of which it is known when it was last tried.
type attempt struct {
	table, id string
	triedAt   clock.Micros
}

const (
	// metadataType is the type of what Parley notes on its posts, by which it finds them again.
	metadataType = "parley_post"
	// postTime bounds an attempt to post.
	postTime = 10 * time.Second
	// unsure is how long Slack may still be at an attempt that has ended here.
	unsure = 3 * time.Second
	// clocksDiffer is how far Slack's clock may be from ours.
	clocksDiffer = time.Minute
	// mostPages is how many pages of a channel are searched for a post.
	mostPages = 10
)

// postOnce posts what an attempt is about, unless it was posted before, and returns where. That
// it is tried is noted first: a post whose outcome is not known, since the node died or Slack
// did not answer, is looked for before it is made again.
func (w *work) postOnce(ctx context.Context, a attempt, at place, options ...api.MsgOption) (string, error) {
	return w.runner.postOnce(ctx, w.api, w.row.accountID, a, at, options...)
}

func (r *runner) postOnce(ctx context.Context, client *api.Client, accountID string, a attempt, at place, options ...api.MsgOption) (ts string, err error) {
	if a.triedAt > 0 {
		if sure := r.endOf(a).Add(unsure); sure > r.store.Now() {
			return "", later{sure}
		}
		ts, err := r.lookFor(ctx, client, a, at)
		if err != nil || ts != "" {
			return ts, err
		}
	}
	if err := r.takeTurn(at.slackID); err != nil {
		return "", err
	}
	note := func(at clock.Micros) error {
		return r.execWithin(ctx, accountID, "UPDATE "+a.table+" SET tried_at = $1 WHERE id = $2", int64(at), a.id)
	}
	options = append(options, api.MsgOptionMetadata(api.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{"id": a.id}}),
		api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl())
	if at.threadTS != "" {
		options = append(options, api.MsgOptionTS(at.threadTS))
	}
	err = r.call(ctx, "chat.postMessage", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, postTime)
		defer cancel()
		if err := note(r.store.Now()); err != nil {
			return err
		}
		_, ts, err = client.PostMessageContext(ctx, at.slackID, options...)
		if refusesBlocks(err) {
			_, ts, err = client.PostMessageContext(ctx, at.slackID, append(options, withoutBlocks)...)
		}
		return err
	})
	var put later
	if err != nil && (errors.As(err, &put) || faultOf(err) != faultUnknown) { // it was not posted
		return "", errors.Join(err, note(a.triedAt))
	}
	if err != nil {
		r.noteEnd(a)
	}
	return ts, err
}

// noteEnd remembers that an attempt has ended here whose outcome is not known.
func (r *runner) noteEnd(a attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.overAt) >= mostKnown {
		clear(r.overAt)
	}
	r.overAt[a.id] = r.store.Now()
}

// endOf is when an attempt has ended: as long after its begin as it may take, if it was another
// node's, or one's that died.
func (r *runner) endOf(a attempt) clock.Micros {
	r.mu.Lock()
	defer r.mu.Unlock()
	latest := a.triedAt.Add(postTime)
	if at := r.overAt[a.id]; at >= a.triedAt && at < latest {
		return at
	}
	return latest
}

// lookFor finds a post of which it is not known whether it was made; "": it was not. It looks
// around when it was tried: an earlier attempt was looked for before this one.
func (r *runner) lookFor(ctx context.Context, client *api.Client, a attempt, at place) (ts string, err error) {
	oldest := api.GetConversationHistoryParameters{
		ChannelID: at.slackID, Limit: 200, Inclusive: true, IncludeAllMetadata: true, Oldest: slackTime(a.triedAt.Add(-clocksDiffer)), Latest: slackTime(a.triedAt.Add(postTime + unsure + clocksDiffer)),
	}
	own, err := r.store.Strings(everywhere(ctx), "SELECT bot_user_id FROM slack_workspaces WHERE team_id = $1", r.teamID)
	if err != nil {
		return "", err
	}
	for range mostPages {
		var messages []api.Message
		var next string
		if at.threadTS == "" {
			err = r.call(ctx, "conversations.history", func(ctx context.Context) error {
				page, err := client.GetConversationHistoryContext(ctx, &oldest)
				if err == nil {
					messages, next = page.Messages, page.ResponseMetaData.NextCursor
				}
				return err
			})
		} else {
			err = r.call(ctx, "conversations.replies", func(ctx context.Context) (err error) {
				messages, _, next, err = client.GetConversationRepliesContext(ctx, &api.GetConversationRepliesParameters{
					ChannelID: at.slackID, Timestamp: at.threadTS, Limit: 200, Inclusive: true, IncludeAllMetadata: true, Oldest: oldest.Oldest, Latest: oldest.Latest, Cursor: oldest.Cursor,
				})
				return err
			})
		}
		if err != nil {
			return "", err
		}
		for _, m := range messages {
			if slices.Contains(own, m.User) && m.Metadata.EventType == metadataType && m.Metadata.EventPayload["id"] == a.id {
				return m.Timestamp, nil
			}
		}
		if next == "" {
			return "", nil
		}
		oldest.Cursor = next
	}
	return "", errs.New(errs.Unavailable, "a post could not be found among too many others")
}
