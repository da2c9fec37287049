package notification

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"parley/ent"
	"parley/ent/notification"
	"parley/ent/pushsubscription"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
	"parley/internal/webpush"
)

const (
	// pushPause is how long what is folded into a notification is not pushed again.
	pushPause = 30 * time.Second
	// pushLife is how long a push is worth something: then it is tried no more, and its push
	// service drops it.
	pushLife = time.Hour
	// firstRetry and longestRetry bound how long a push service is left alone.
	firstRetry   = 5 * time.Second
	longestRetry = 10 * time.Minute
	// mostRefusals is how often in a row a push service may refuse a browser's pushes.
	mostRefusals = 5
	// maxPushText is the most characters of a push's text, which leaves room for the rest.
	maxPushText = 300
)

// PushArgs ask that a notification be pushed to its user's browsers.
type PushArgs struct {
	AccountID      string `json:"accountId"`
	UserID         string `json:"userId"`
	NotificationID string `json:"notificationId"`
}

// Kind names the job.
func (PushArgs) Kind() string { return "push-notification" }

// PushToArgs ask that it be pushed to one of them.
type PushToArgs struct {
	PushArgs
	BrowserID string `json:"browserId"`
	// Since is when it was to be pushed.
	Since clock.Micros `json:"since"`
}

// Kind names the job.
func (PushToArgs) Kind() string { return "push-to-browser" }

// queuePush has a notification be pushed to its user; 0: it is not, or a push of it waits.
func queuePush(tx *store.Tx, n *notice, userID, notificationID string, at clock.Micros) {
	if at > 0 {
		tx.Enqueue(store.Job{Args: PushArgs{n.event.AccountID, userID, notificationID}, At: at.Time()})
	}
}

// Push hands a notification that is due to each browser of its user; in quiet hours it is
// dropped. It is the worker of PushArgs.
func (s *Service) Push(ctx context.Context, args PushArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("notify", args.AccountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		st, err := lockState(ctx, tx, MailArgs{args.AccountID, args.UserID})
		if err != nil {
			return err
		}
		now := tx.Now()
		due, err := tx.Exec(ctx, "UPDATE notifications SET push_at = 0, pushed_at = $1 WHERE id = $2 AND user_id = $3 AND account_id = $4 AND push_at > 0 AND push_at <= $5 AND read_at = 0",
			int64(now), args.NotificationID, args.UserID, args.AccountID, int64(now))
		if err != nil || due == 0 {
			return err
		}
		if _, quiet := st.quiet.Until(now.Time()); quiet {
			return nil
		}
		browsers, err := tx.Client.PushSubscription.Query().Where(pushsubscription.UserID(args.UserID)).IDs(ctx)
		for _, one := range browsers {
			tx.Enqueue(store.Job{Args: PushToArgs{PushArgs: args, BrowserID: one, Since: now}})
		}
		return err
	})
}

// PushTo pushes a notification to a browser, unless it was read meanwhile, its user may no
// longer see it or no longer wants it, or it is too late. Whose session or token ended gets
// nothing: the browser is removed. It is the worker of PushToArgs.
func (s *Service) PushTo(ctx context.Context, args PushToArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("notify", args.AccountID))
	b, m, err := s.composePush(ctx, args)
	if b == nil || err != nil {
		return err
	}
	address, err := s.openBrowser(b)
	if err != nil {
		return err
	}
	keys, err := s.pushKeys(ctx)
	if err != nil {
		return err
	}
	leave, free := s.lanes.takePlace(b.Host)
	if !free {
		return job.Again(laneWait)
	}
	answer, err := s.push.Send(ctx, keys, address, *m)
	leave()
	if err != nil {
		return err
	}
	return s.settlePush(ctx, args, b, answer)
}

// settlePush notes what became of a push, or has it tried again.
func (s *Service) settlePush(ctx context.Context, args PushToArgs, b *ent.PushSubscription, a webpush.Answer) error {
	now := s.store.Now()
	if a.Outcome == webpush.Later {
		age := now.Time().Sub(args.Since.Time())
		wait := min(max(a.After, min(age, longestRetry), firstRetry), pushLife)
		if age+wait > pushLife {
			s.log.DebugContext(ctx, "a push was given up", "host", b.Host, "status", a.Status)
			return nil
		}
		return job.Again(wait)
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		browser := tx.Client.PushSubscription
		switch {
		case a.Outcome == webpush.Taken:
			_, err = browser.Update().Where(pushsubscription.ID(b.ID)).SetUsedAt(now).SetFailures(0).Save(ctx)
		case a.Outcome == webpush.Gone || b.Failures+1 >= mostRefusals:
			s.log.DebugContext(ctx, "a browser that shows notifications is gone", "host", b.Host, "status", a.Status)
			_, err = browser.Delete().Where(pushsubscription.ID(b.ID), pushsubscription.Sealed(b.Sealed)).Exec(ctx)
		default:
			_, err = browser.Update().Where(pushsubscription.ID(b.ID)).AddFailures(1).Save(ctx)
		}
		return err
	})
}

// pushed is what a browser's service worker gets.
type pushed struct {
	ID             string                 `json:"id"`
	Kind           vocab.NotificationKind `json:"kind"`
	Text           string                 `json:"text"`
	URL            string                 `json:"url"`
	ConversationID string                 `json:"conversationId"`
	Tag            string                 `json:"tag"`
	Unread         int                    `json:"unread"`
}

// composePush returns the browser, and what it is to show; nil: nothing.
func (s *Service) composePush(ctx context.Context, args PushToArgs) (*ent.PushSubscription, *webpush.Message, error) {
	left := args.Since.Add(pushLife).Time().Sub(s.store.Now().Time())
	b, err := s.store.Client(ctx).PushSubscription.Query().Where(pushsubscription.ID(args.BrowserID), pushsubscription.UserID(args.UserID)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && left <= 0 {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	v, err := s.viewers.ViewerOf(ctx, args.AccountID, args.UserID, b.TokenID)
	if errs.Is(err, errs.Forbidden) {
		return nil, nil, s.dropBrowsers(ctx, b.TokenID)
	}
	if err != nil {
		return nil, nil, err
	}
	reads := *v
	reads.Scopes = []string{viewer.ScopeAll}
	asUser := viewer.NewContext(ctx, &reads)
	n, err := s.store.Client(ctx).Notification.Query().Where(notification.ID(args.NotificationID), notification.UserID(args.UserID), isUnread).Only(asUser)
	if ent.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if still, err := s.stillToNotify(ctx, args.AccountID, args.UserID, n, vocab.NotifyByPush); err != nil || !still {
		return nil, nil, err
	}
	m, err := s.messageOf(asUser, n)
	if m != nil {
		m.TTL = left
	}
	return b, m, err
}

// stillToNotify reports whether a user wants a notification by a medium, and it is true still.
func (s *Service) stillToNotify(ctx context.Context, accountID, userID string, n *ent.Notification, by vocab.NotificationMedium) (still bool, err error) {
	wants, err := s.whoWants(ctx, accountID, []string{userID}, n.Kind, n.InboxID, by)
	if err != nil || !wants[userID] {
		return false, err
	}
	list, err := stillTrue(ctx, s.store.Client(ctx), userID, []*ent.Notification{n})
	if err != nil || len(list) == 0 {
		return false, err
	}
	if n.ConversationID == "" {
		return true, nil
	}
	return !s.presence.Looking(ctx, accountID, n.InboxID, n.ConversationID)[userID], nil
}

// messageOf is what is pushed of a notification.
func (s *Service) messageOf(asUser context.Context, n *ent.Notification) (*webpush.Message, error) {
	texts, err := s.Texts(asUser, []*ent.Notification{n})
	if err != nil {
		return nil, err
	}
	unread, err := s.CountUnread(asUser)
	if err != nil {
		return nil, err
	}
	about := n.ConversationID
	if about == "" {
		about = n.ID
	}
	p := pushed{ID: n.ID, Kind: n.Kind, Text: clip(texts[0], maxPushText), URL: s.URL(n), ConversationID: n.ConversationID, Tag: topicOf(n.Kind, about), Unread: unread}
	raw, err := json.Marshal(p)
	if err == nil && len(raw) > webpush.MaxPayload { // a long address, or a text that JSON makes long
		p.Text, p.URL = clip(p.Text, maxPushText/5), ""
		raw, err = json.Marshal(p)
	}
	return &webpush.Message{Payload: raw, Topic: p.Tag, Urgent: kindNamed(n.Kind).pushes()}, err
}

// topicOf names what takes the place of what was pushed before: it is of the length that push
// services allow, and says nothing to them.
func topicOf(kind vocab.NotificationKind, about string) string {
	sum := sha256.Sum256([]byte(string(kind) + " " + about))
	return encode(sum[:24])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// dropBrowsers removes the browsers of a session or token that ended, or of a user who is gone.
func (s *Service) dropBrowsers(ctx context.Context, of string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return dropBrowsersOf(ctx, tx, of) })
}

func dropBrowsersOf(ctx context.Context, tx *store.Tx, of string) error {
	which := pushsubscription.TokenID(of)
	if id.Is(of, id.User) {
		which = pushsubscription.UserID(of)
	}
	_, err := tx.Client.PushSubscription.Delete().Where(which).Exec(ctx)
	return err
}
