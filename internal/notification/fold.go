package notification

import (
	"context"
	"maps"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
)

// mostInStatement is how many rows one statement writes, which databases have limits for.
const mostInStatement = 200

// waiting is a notification that is not read, and when it is due by the media that wait.
type waiting struct {
	id                                           string
	mailAt, pushAt, pushedAt, slackAt, slackedAt clock.Micros
}

// unread is what a user has not read of a notice's kind in its inbox.
type unread struct {
	// same is about the same conversation, or the same subject beside conversations; several
	// is about many conversations. Without id: there is none.
	same, several waiting
	// apart is how many came lately that have a conversation each.
	apart int
}

// folds reports into what a notice is folded; false: it is a notification of its own.
func (u unread) folds() (into waiting, several, folded bool) {
	several = u.same.id == "" && u.several.id != "" && u.apart >= mostApart
	if several {
		return u.several, true, true
	}
	return u.same, false, u.same.id != ""
}

func unreadOf(ctx context.Context, tx *store.Tx, n *notice) (map[string]unread, error) {
	of := &store.Statement{}
	since := int64(n.event.OccurredAt.Add(-burst)) // as updated_at, which may lag
	among := func() string {
		return "SELECT user_id, id, conversation_id, subject_id, updated_at, mail_at, push_at, pushed_at, slack_at, slacked_at FROM notifications WHERE user_id IN (" + store.List(of, n.users) +
			") AND account_id = " + of.Arg(n.event.AccountID) + " AND read_at = 0 AND kind = " + of.Arg(string(n.kind)) + " AND inbox_id = " + of.Arg(n.inboxID())
	}
	// Each half has its index.
	query := among() + " AND updated_at > " + of.Arg(since) + " UNION " + among() + " AND conversation_id = " + of.Arg(n.conversationID())
	found := map[string]unread{}
	err := eachRow(ctx, tx, query, of.Args, func(rows entsql.ColumnScanner) error {
		var userID, conversationID, subjectID string
		var updatedAt int64
		var w waiting
		if err := rows.Scan(&userID, &w.id, &conversationID, &subjectID, &updatedAt, &w.mailAt, &w.pushAt, &w.pushedAt, &w.slackAt, &w.slackedAt); err != nil {
			return err
		}
		u := found[userID]
		switch {
		case conversationID == n.conversationID() && (n.conversation != nil || subjectID == n.subjectID):
			u.same = w
		case n.conversation != nil && conversationID == "":
			if updatedAt > since {
				u.several = w
			}
		}
		if conversationID != "" && updatedAt > since {
			u.apart++
		}
		found[userID] = u
		return nil
	})
	return found, err
}

// due is when a notice is told by mail, by push and in Slack, to a user who has w of it unread; 0: it is
// not, or it waits for that already.
func (n *notice) due(tx *store.Tx, userID string, w waiting) (mailAt, pushAt, slackAt clock.Micros) {
	if n.mailed[userID] && !kindNamed(n.kind).Fixed && w.mailAt == 0 {
		mailAt = tx.Now().Add(kindNamed(n.kind).MailAfter)
	}
	if n.pushed[userID] && w.pushAt == 0 {
		pushAt = tx.Now()
		if w.pushedAt > 0 {
			pushAt = max(pushAt, w.pushedAt.Add(pushPause))
		}
	}
	if n.slacked[userID] && w.slackAt == 0 {
		slackAt = tx.Now()
		if w.slackedAt > 0 {
			slackAt = max(slackAt, w.slackedAt.Add(pushPause))
		}
	}
	return mailAt, pushAt, slackAt
}

// writeNew makes a notification for each user who has nothing that it is folded into.
func writeNew(ctx context.Context, tx *store.Tx, n *notice, all map[string]unread, next map[string]int64) error {
	var rows []*ent.NotificationCreate
	for _, userID := range n.users {
		u := all[userID]
		if _, _, folded := u.folds(); folded {
			continue
		}
		mailAt, pushAt, slackAt := n.due(tx, userID, waiting{})
		e, made := n.event, id.New(id.Notification)
		row := tx.Client.Notification.Create().SetID(made).SetUserID(userID).SetKind(n.kind).SetInboxID(n.inboxID()).
			SetActorKind(e.ActorKind).SetActorID(n.staff()).SetFirstSequence(e.Sequence).SetLastSequence(e.Sequence).SetSequence(next[userID]).
			SetShown(n.shown[userID]).SetMailAt(mailAt).SetPushAt(pushAt).SetSlackAt(slackAt).SetUpdatedAt(e.OccurredAt).SetCreatedAt(e.OccurredAt)
		if n.conversation == nil || u.apart < mostApart {
			row.SetConversationID(n.conversationID()).SetMessageID(n.messageID).SetMessageNumber(n.number).SetSubjectID(n.subjectID)
		}
		queueMail(tx, n, userID, mailAt)
		queuePush(tx, n, userID, made, pushAt)
		queueSlack(tx, n, userID, made, slackAt)
		rows = append(rows, row)
	}
	for chunk := range slices.Chunk(rows, mostInStatement) {
		if err := tx.Client.Notification.CreateBulk(chunk...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fold is how a notice changes notifications that are alike.
type fold struct{ several, shown, mails, pushes, slacks bool }

// writeFolded folds a notice into what users have not read.
func writeFolded(ctx context.Context, tx *store.Tx, n *notice, all map[string]unread) error {
	alike := map[fold][]string{}
	for _, userID := range n.users {
		into, several, folded := all[userID].folds()
		if !folded {
			continue
		}
		mailAt, pushAt, slackAt := n.due(tx, userID, into)
		f := fold{several: several, shown: n.shown[userID], mails: mailAt > 0, pushes: pushAt > 0, slacks: slackAt > 0}
		alike[f] = append(alike[f], into.id)
		queueMail(tx, n, userID, mailAt)
		queuePush(tx, n, userID, into.id, pushAt)
		queueSlack(tx, n, userID, into.id, slackAt)
	}
	for _, f := range slices.SortedFunc(maps.Keys(alike), compareFolds) {
		for ids := range slices.Chunk(alike[f], mostInStatement) {
			if err := n.foldInto(ctx, tx, f, ids); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareFolds gives them an order, so that statements come in the same one each time.
func compareFolds(a, b fold) int { return a.rank() - b.rank() }

func (f fold) rank() (rank int) {
	for i, is := range []bool{f.several, f.shown, f.mails, f.pushes, f.slacks} {
		if is {
			rank |= 1 << i
		}
	}
	return rank
}

func (n *notice) foldInto(ctx context.Context, tx *store.Tx, f fold, ids []string) error {
	of, e := &store.Statement{}, n.event
	query := "UPDATE notifications SET events = events + 1, actor_kind = " + of.Arg(string(e.ActorKind)) + ", actor_id = " + of.Arg(n.staff()) +
		", last_sequence = " + of.Arg(e.Sequence) + ", shown = " + of.Arg(f.shown) + ", updated_at = " + of.Arg(int64(e.OccurredAt)) +
		", sequence = (SELECT s.sequence FROM notification_states s WHERE s.user_id = notifications.user_id)"
	if !f.several {
		query += ", message_id = " + of.Arg(n.messageID) + ", message_number = " + of.Arg(n.number) + ", subject_id = " + of.Arg(n.subjectID)
	}
	if f.mails {
		query += ", mail_at = " + of.Arg(int64(tx.Now().Add(kindNamed(n.kind).MailAfter)))
	}
	for _, at := range []struct {
		due, done string
		is        bool
	}{{"push_at", "pushed_at", f.pushes}, {"slack_at", "slacked_at", f.slacks}} {
		if at.is { // as due has it for each
			query += ", " + at.due + " = CASE WHEN " + at.done + " > " + of.Arg(int64(tx.Now().Add(-pushPause))) + " THEN " + at.done + " + " + of.Arg(pushPause.Microseconds()) +
				" ELSE " + of.Arg(int64(tx.Now())) + " END"
		}
	}
	_, err := tx.Exec(ctx, query+" WHERE account_id = "+of.Arg(e.AccountID)+" AND id IN ("+store.List(of, ids)+")", of.Args...)
	return err
}
