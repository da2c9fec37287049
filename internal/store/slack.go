package store

import (
	"context"
	"fmt"
	"time"
)

// repliesFirst is how much later the first post of a thread is deleted than those below it.
const repliesFirst = 5 * time.Second

// leaveSlackPosts notes which posts in Slack are to be deleted, since their conversation is
// (IN-13), also one of which it is not known whether it was made. What people wrote there themselves stays theirs.
func (tx *Tx) leaveSlackPosts(ctx context.Context, accountID, conversationID string) error {
	now := tx.Now()
	for _, statement := range []struct {
		text string
		due  int64
	}{
		{`INSERT INTO slack_removals (id, account_id, team_id, slack_id, ts, file_id, post_id, thread_ts, tried_at, due_at)
			SELECT p.id, t.account_id, t.team_id, t.slack_id, p.ts, p.file_id, p.id, t.ts, p.tried_at, CAST($1 AS BIGINT) FROM slack_posts p JOIN slack_threads t ON t.id = p.thread_id
			WHERE p.conversation_id = $2 AND p.account_id || '' = $3 AND NOT p.from_slack AND (p.ts <> '' OR p.file_id <> '' OR p.tried_at > 0)`, int64(now)},
		{`INSERT INTO slack_removals (id, account_id, team_id, slack_id, ts, post_id, tried_at, due_at)
			SELECT id, account_id, team_id, slack_id, ts, id, tried_at, CAST($1 AS BIGINT) FROM slack_threads WHERE conversation_id = $2 AND account_id || '' = $3 AND (ts <> '' OR tried_at > 0)`, int64(now.Add(repliesFirst))},
	} {
		if _, err := tx.Exec(ctx, statement.text, statement.due, conversationID, accountID); err != nil {
			return fmt.Errorf("leave posts in Slack: %w", err)
		}
	}
	return nil
}
