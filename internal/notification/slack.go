package notification

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/notification"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SlackArgs ask that a user be notified in Slack.
type SlackArgs struct {
	AccountID      string `json:"accountId"`
	UserID         string `json:"userId"`
	NotificationID string `json:"notificationId"`
}

// Kind names the job.
func (SlackArgs) Kind() string { return "notify-in-slack" }

// queueSlack has a user be notified in Slack; 0: they are not, or it waits for that.
func queueSlack(tx *store.Tx, n *notice, userID, notificationID string, at clock.Micros) {
	if at > 0 {
		tx.Enqueue(store.Job{Args: SlackArgs{n.event.AccountID, userID, notificationID}, At: at.Time()})
	}
}

// whoIsSlacked are those of the users who want a notice in Slack, if the account has a
// workspace there.
func (s *Service) whoIsSlacked(ctx context.Context, n *notice, users []string) (map[string]bool, error) {
	if s.slack == nil || !kindNamed(n.kind).has(vocab.NotifyBySlack) {
		return nil, nil
	}
	wanted, err := s.whoWants(ctx, n.event.AccountID, users, n.kind, n.inboxID(), vocab.NotifyBySlack)
	if err != nil || !slices.ContainsFunc(users, func(userID string) bool { return wanted[userID] }) {
		return nil, err
	}
	there, err := s.slack.HasWorkspace(ctx)
	if err != nil || !there {
		return nil, err
	}
	return wanted, nil
}

// NotifyInSlack hands a notification that is due to Slack; in quiet hours it is dropped. It is
// the worker of SlackArgs.
func (s *Service) NotifyInSlack(ctx context.Context, args SlackArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("notify", args.AccountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := lockState(ctx, tx, MailArgs{args.AccountID, args.UserID})
		if err != nil {
			return err
		}
		now := tx.Now()
		due, err := tx.Exec(ctx, "UPDATE notifications SET slack_at = 0, slacked_at = $1 WHERE id = $2 AND user_id = $3 AND account_id = $4 AND slack_at > 0 AND slack_at <= $5 AND read_at = 0",
			int64(now), args.NotificationID, args.UserID, args.AccountID, int64(now))
		if err != nil || due == 0 {
			return err
		}
		if _, quiet := st.quiet.Until(now.Time()); quiet || s.slack == nil {
			return nil
		}
		return s.slack.Notify(ctx, tx, args.AccountID, args.UserID, args.NotificationID)
	})
}

// SlackText is what a notification says and where it leads, if its user is to be told of it in
// Slack still: it is not read, and they may see it and want it; "": they are not.
func (s *Service) SlackText(ctx context.Context, accountID, userID, notificationID string) (text, url string, err error) {
	ctx = viewer.NewContext(ctx, viewer.System("notify", accountID))
	v, err := s.viewers.ViewerOf(ctx, accountID, userID, "")
	if errs.Is(err, errs.Forbidden) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	reads := *v
	reads.Scopes = []string{viewer.ScopeAll}
	asUser := viewer.NewContext(ctx, &reads)
	n, err := s.store.Client(ctx).Notification.Query().Where(notification.ID(notificationID), notification.UserID(userID), isUnread).Only(asUser)
	if err != nil {
		return "", "", ent.MaskNotFound(err)
	}
	still, err := s.stillToNotify(ctx, accountID, userID, n, vocab.NotifyBySlack)
	if err != nil || !still {
		return "", "", err
	}
	texts, err := s.Texts(asUser, []*ent.Notification{n})
	if err != nil {
		return "", "", err
	}
	return texts[0], s.URL(n), nil
}
