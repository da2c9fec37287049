package notification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/conversation"
	"parley/ent/notification"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// mailPause is how long a user gets no second mail: what comes meanwhile is in one.
	mailPause = 2 * time.Minute
	// mostInMail is how many notifications a mail lists, the latest.
	mostInMail = 20
	// mostDue is how many it counts.
	mostDue = 200
	// maxMailSubject is the most characters of a subject.
	maxMailSubject = 120
)

// MailArgs ask that a user be told by e-mail of what they have not read by then.
type MailArgs struct {
	AccountID string `json:"accountId"`
	UserID    string `json:"userId"`
}

// Kind names the job.
func (MailArgs) Kind() string { return "mail-notifications" }

// Register has the queue mail and push what was not read in time.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.Mail, job.Options{})
	job.Register(q, s.Push, job.Options{})
	job.Register(q, s.PushTo, job.Options{})
	job.Register(q, s.NotifyInSlack, job.Options{})
}

// Mail tells a user by one e-mail of all that they have not read and that is due, outside
// their quiet hours. It is the worker of MailArgs, and looks again while something waits. Who
// may no longer see something is not told of it; who is gone is told nothing.
func (s *Service) Mail(ctx context.Context, args MailArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("notify", args.AccountID))
	var wait time.Duration
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		wait, err = s.mailDue(ctx, tx, args)
		return err
	})
	if err == nil && wait > 0 {
		return job.Again(wait)
	}
	return err
}

// mailDue mails what is due, or returns how long to wait for it.
func (s *Service) mailDue(ctx context.Context, tx *store.Tx, args MailArgs) (wait time.Duration, err error) {
	st, err := lockState(ctx, tx, args)
	if err != nil || st.nextMail == 0 {
		return 0, err
	}
	now := tx.Now()
	if at := max(st.nextMail, st.mailedAt.Add(mailPause)); at > now {
		return at.Time().Sub(now.Time()), nil
	}
	if until, quiet := st.quiet.Until(now.Time()); quiet {
		if until.IsZero() { // they never end
			return 0, clearDue(ctx, tx, args, now)
		}
		return until.Sub(now.Time()), nil
	}
	u, asUser, err := s.recipient(ctx, tx, args)
	if err != nil {
		return 0, err
	}
	if u == nil {
		return 0, clearDue(ctx, tx, args, now)
	}
	due, err := tx.Client.Notification.Query().Where(
		notification.UserID(args.UserID), isUnread, isToBeMailed, notification.MailAtLTE(now),
	).Order(notification.ByUpdatedAt(entsql.OrderDesc())).Limit(mostDue).All(asUser)
	if err != nil {
		return 0, err
	}
	if due, err = s.stillWanted(ctx, args, due); err != nil {
		return 0, err
	}
	if due, err = stillTrue(ctx, tx.Client, args.UserID, due); err != nil {
		return 0, err
	}
	if err := clearDue(ctx, tx, args, now); err != nil || len(due) == 0 || u.Email == "" {
		return 0, err
	}
	notice, err := s.compose(asUser, u, due)
	if err != nil {
		return 0, err
	}
	mail.Post(tx, notice)
	_, err = tx.Exec(ctx, "UPDATE notification_states SET mailed_at = $1 WHERE user_id = $2 AND account_id = $3", int64(now), args.UserID, args.AccountID)
	return 0, err
}

// isToBeMailed has the zero in its text, so that databases take the index of what is.
func isToBeMailed(s *entsql.Selector) {
	s.Where(entsql.ExprP(s.C(notification.FieldMailAt) + " > 0"))
}

// recipient is a user, with a context in which all that they may see is read; nil: they were
// deactivated.
func (s *Service) recipient(ctx context.Context, tx *store.Tx, args MailArgs) (*ent.User, context.Context, error) {
	v, err := s.viewers.ViewerOf(ctx, args.AccountID, args.UserID, "")
	if errs.Is(err, errs.Forbidden) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	reads := *v
	reads.Scopes = []string{"*"}
	u, err := tx.Client.User.Get(ctx, args.UserID)
	return u, viewer.NewContext(ctx, &reads), err
}

// mailAtOnce tells a user by e-mail of what no one may miss: nothing waits that quiet hours,
// or who marks all as read, could keep from them (AC-13).
func (s *Service) mailAtOnce(ctx context.Context, tx *store.Tx, n *notice, userID string, sequence int64) error {
	u, asUser, err := s.recipient(ctx, tx, MailArgs{AccountID: n.event.AccountID, UserID: userID})
	if err != nil || u == nil || u.Email == "" {
		return err
	}
	written, err := tx.Client.Notification.Query().Where(notification.UserID(userID), notification.Sequence(sequence)).All(asUser)
	if err != nil || len(written) == 0 {
		return err
	}
	letter, err := s.compose(asUser, u, written)
	if err != nil {
		return err
	}
	mail.Post(tx, letter)
	return nil
}

// stillTrue are those of a user's notifications whose conversation is not in the trash nor
// filtered, and is still theirs if it was assigned to them.
func stillTrue(ctx context.Context, client *ent.Client, userID string, due []*ent.Notification) ([]*ent.Notification, error) {
	found, err := client.Conversation.Query().Where(conversation.IDIn(pick(due, func(n *ent.Notification) string { return n.ConversationID })...)).All(ctx)
	if err != nil {
		return nil, err
	}
	by := make(map[string]*ent.Conversation, len(found))
	for _, c := range found {
		by[c.ID] = c
	}
	return slices.DeleteFunc(due, func(n *ent.Notification) bool {
		if n.ConversationID == "" {
			return false
		}
		c := by[n.ConversationID]
		return c == nil || c.DeletedAt.IsSet() || c.Filtered != 0 || n.Kind == vocab.NotifyAssigned && c.AssigneeID != userID
	}), nil
}

// state is what is kept of a user beside their notifications.
type state struct {
	// nextMail is when the next of them is due by mail; 0: none is.
	nextMail, mailedAt clock.Micros
	quiet              QuietHours
}

// lockState reads a user's state, and keeps others from mailing at the same time.
func lockState(ctx context.Context, tx *store.Tx, args MailArgs) (st state, err error) {
	if _, err := tx.Exec(ctx, "UPDATE notification_states SET sequence = sequence WHERE user_id = $1 AND account_id = $2", args.UserID, args.AccountID); err != nil {
		return st, err
	}
	var quiet []byte
	err = eachRow(ctx, tx, `SELECT COALESCE((SELECT MIN(n.mail_at) FROM notifications n WHERE n.user_id = s.user_id AND n.account_id = s.account_id AND n.read_at = 0 AND n.mail_at > 0), 0),
		s.mailed_at, CAST(s.quiet AS TEXT) FROM notification_states s WHERE s.user_id = $1 AND s.account_id = $2`, []any{args.UserID, args.AccountID},
		func(rows entsql.ColumnScanner) error { return rows.Scan(&st.nextMail, &st.mailedAt, &quiet) })
	if err != nil || len(quiet) == 0 {
		return st, err
	}
	return st, st.quiet.decode(quiet)
}

// clearDue notes that what is due was mailed, or is not to be.
func clearDue(ctx context.Context, tx *store.Tx, args MailArgs, now clock.Micros) error {
	_, err := tx.Exec(ctx, "UPDATE notifications SET mail_at = 0 WHERE user_id = $1 AND account_id = $2 AND mail_at > 0 AND mail_at <= $3", args.UserID, args.AccountID, int64(now))
	return err
}

// stillWanted are those of a user's notifications that they still want by mail.
func (s *Service) stillWanted(ctx context.Context, args MailArgs, due []*ent.Notification) ([]*ent.Notification, error) {
	type place struct {
		kind    vocab.NotificationKind
		inboxID string
	}
	known := map[place]bool{}
	var list []*ent.Notification
	for _, n := range due {
		at := place{n.Kind, n.InboxID}
		if _, is := known[at]; !is {
			wants, err := s.whoWants(ctx, args.AccountID, []string{args.UserID}, n.Kind, n.InboxID, vocab.NotifyByEmail)
			if err != nil {
				return nil, err
			}
			known[at] = wants[args.UserID]
		}
		if known[at] {
			list = append(list, n)
		}
	}
	return list, nil
}

// compose writes the mail that tells a user of their notifications, latest first.
func (s *Service) compose(ctx context.Context, u *ent.User, due []*ent.Notification) (mail.Notice, error) {
	texts, err := s.Texts(ctx, due[:min(len(due), mostInMail)])
	if err != nil {
		return mail.Notice{}, err
	}
	inboxes, err := s.nodes.Inboxes(ctx, pick(due, func(n *ent.Notification) string { return n.InboxID }))
	if err != nil {
		return mail.Notice{}, err
	}
	notice := mail.Notice{To: u.Email, Subject: clip(texts[0], maxMailSubject)}
	if notice.Abouts, err = s.abouts(ctx, due[:min(len(due), mostInMail)]); err != nil {
		return notice, err
	}
	if len(due) > 1 {
		notice.Subject = fmt.Sprintf("%d notifications", len(due))
	}
	var b strings.Builder
	var kinds []vocab.NotificationKind
	for i, n := range due {
		if !kindNamed(n.Kind).Fixed && !slices.Contains(kinds, n.Kind) {
			kinds = append(kinds, n.Kind)
		}
		if i >= mostInMail {
			continue
		}
		b.WriteString(texts[i] + "\n")
		if inboxes[i] != nil {
			b.WriteString("Inbox: " + inboxes[i].Name + "\n")
		}
		if address := s.URL(n); address != "" {
			b.WriteString(address + "\n")
		}
		b.WriteString("\n")
	}
	if more := len(due) - mostInMail; more > 0 {
		fmt.Fprintf(&b, "And %d more.\n\n", more)
	}
	if err := s.sayHowToAnswer(ctx, &notice, &b, due); err != nil {
		return notice, err
	}
	if len(kinds) > 0 {
		if notice.Unsubscribe, err = s.unsubscribeLink(u, kinds); err != nil {
			return notice, err
		}
		b.WriteString("--\n" + vocab.NoMoreMails + " " + notice.Unsubscribe + "\n")
	}
	if notice.ReplyTo != "" {
		notice.Text = vocab.AnswerAbove + "\n\n"
	}
	notice.Text += b.String()
	return notice, nil
}

// sayHowToAnswer has a mail that tells of one conversation be answered by mail, where its inbox
// allows that and has a mailbox; each says whether it can be.
func (s *Service) sayHowToAnswer(ctx context.Context, notice *mail.Notice, b *strings.Builder, due []*ent.Notification) error {
	about := due[0].ConversationID
	for _, n := range due {
		if n.ConversationID != about || !kindNamed(n.Kind).answerable() {
			about = ""
		}
	}
	if about != "" && s.mailboxes != nil {
		system := viewer.NewContext(ctx, viewer.System("notify", due[0].AccountID))
		c, err := s.store.Client(system).Conversation.Get(system, about)
		if err == nil {
			notice.ReplyTo, notice.References, err = s.mailboxes.AnswerAddress(system, s.store.Client(system), c, due[0].ID)
		}
		if err != nil {
			return ent.MaskNotFound(err)
		}
	}
	if notice.ReplyTo == "" {
		b.WriteString(vocab.NotAnswerable + "\n\n")
		return nil
	}
	// Each mail has an id of its own by which an answer names the notification, also where a client
	// refers to nothing else.
	local, domain, _ := strings.Cut(notice.References, "@")
	notice.InternetID = local + "." + id.New("mail") + "@" + domain
	b.WriteString(vocab.AnswerByMail + "\n\n")
	return nil
}

// abouts are the people whose conversations some notifications are about.
func (s *Service) abouts(ctx context.Context, listed []*ent.Notification) (list []mail.About, err error) {
	found, err := s.nodes.Conversations(ctx, pick(listed, func(n *ent.Notification) string { return n.ConversationID }))
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		if c == nil || c.ContactID == "" && c.VisitorID == "" {
			continue
		}
		about := mail.About{AccountID: c.AccountID, ContactID: c.ContactID, VisitorID: c.VisitorID}
		if !slices.Contains(list, about) {
			list = append(list, about)
		}
	}
	return list, nil
}

// clip cuts a text to so many characters.
func clip(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
