package digest_test

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/inboxuser"
	"parley/internal/account"
	"parley/internal/channel/email/digest"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/mail"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const week = 7 * 24 * time.Hour

// office is a desk whose admin is a member of the first inbox and gets digests.
type office struct {
	*desk.Desk
	digests *digest.Service
}

func each(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Parallel()
	desk.EachAlone(t, func(t *testing.T, d *desk.Desk) {
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			there, err := tx.Client.InboxUser.Query().Where(inboxuser.InboxID(d.InboxIDs[0]), inboxuser.UserID(d.AdminID)).Exist(ctx)
			if err != nil || there {
				return err
			}
			return tx.Client.InboxUser.Create().SetID(id.New("member")).SetInboxID(d.InboxIDs[0]).SetUserID(d.AdminID).Exec(ctx)
		})
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		emails := settings.New(d.Store, keys, nil, settings.Options{})
		test(t, &office{d, digest.New(d.Store, keys, account.New(d.Store), d.Service, emails, "https://parley.example")})
	})
}

// filtered makes a mail conversation that was filtered for a reason.
func (o *office) filtered(reason vocab.FilteredReason) string {
	conversationID := o.NewEmail()
	o.AlterRow(conversationID, func(u *ent.ConversationUpdateOne) {
		u.SetFolder(vocab.FolderFiltered).SetFiltered(reason.Bit()).SetSubject("Big <sale>")
	})
	return conversationID
}

// mailed runs the round and returns what it posted.
func (o *office) mailed(t *testing.T) (notices []mail.Notice) {
	t.Helper()
	o.Jobs.Taken()
	check.NoError(t, o.digests.MailAll(t.Context()))
	for _, args := range o.Jobs.TakenArgs() {
		if n, ok := args.(mail.Notice); ok {
			notices = append(notices, n)
		}
	}
	return notices
}

var links = regexp.MustCompile(`https://parley\.example/filtered\?link=\S+`)

// linksOf are the texts of a digest's links: not spam, always allow, for each sender.
func linksOf(t *testing.T, n mail.Notice) (list []string) {
	t.Helper()
	for _, link := range links.FindAllString(n.Text, -1) {
		list = append(list, check.Must(url.Parse(link))(t).Query().Get("link"))
	}
	return list
}

// IN-11: once a week an inbox's admins get a mail with the senders who were filtered, and
// not those who are blocked or marked as spam; without any there is none, nor where it is
// switched off.
func TestDigest(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		check.Same(t, len(o.mailed(t)), 0) // the week begins
		o.Clock.Advance(time.Hour)
		o.filtered(vocab.ReasonPromotional)
		o.filtered(vocab.ReasonRoleAddress)
		o.filtered(vocab.ReasonBlockedSender)
		o.filtered(vocab.ReasonSpam)
		check.Same(t, len(o.mailed(t)), 0)
		o.Clock.Advance(week)
		notices := o.mailed(t)
		if len(notices) != 1 {
			t.Fatalf("%d mails, want 1: %+v", len(notices), notices)
		}
		n := notices[0]
		if links := linksOf(t, n); len(links) != 2 || !strings.Contains(n.Text, "(and 1 more)") || !strings.Contains(n.HTML, "Big &lt;sale&gt;") {
			t.Errorf("%d links in\n%s\n%s", len(links), n.Text, n.HTML)
		}
		check.Same(t, len(o.mailed(t)), 0)
		o.Clock.Advance(week)
		check.Same(t, len(o.mailed(t)), 0) // nothing came
		o.filtered(vocab.ReasonPromotional)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.UpdateOneID(o.InboxIDs[0]).SetSettings(vocab.InboxSettings{NoFilteredDigest: true}).Exec(ctx)
		})
		o.Clock.Advance(week + time.Hour)
		check.Same(t, len(o.mailed(t)), 0)
	})
}

// IN-11: a link asks first and changes nothing; then it takes a mail out of Filtered, or
// its sender for good, as often as one likes, until it expires or its admin is none.
func TestLinks(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		check.Same(t, len(o.mailed(t)), 0)
		o.Clock.Advance(time.Hour)
		conversationID := o.filtered(vocab.ReasonPromotional)
		o.Clock.Advance(week)
		list := linksOf(t, o.mailed(t)[0])
		state := func() []any {
			inbox := check.Must(o.Store.Client(o.System).Inbox.Get(o.System, o.InboxIDs[0]))(t)
			c := check.Must(o.Store.Client(o.System).Conversation.Get(o.System, conversationID))(t)
			return []any{c.Folder, len(inbox.EmailAllowList)}
		}
		for _, link := range list {
			check.Must(o.digests.Ask(t.Context(), link))(t)
		}
		check.Same(t, state(), []any{vocab.FolderFiltered, 0})
		for range 2 {
			check.Must(o.digests.Do(t.Context(), list[0]))(t)
			check.Same(t, state(), []any{vocab.FolderMain, 0})
		}
		for range 2 {
			check.Must(o.digests.Do(t.Context(), list[1]))(t)
			check.Same(t, state(), []any{vocab.FolderMain, 1})
		}
		refused := func(link string, code errs.Code) {
			t.Helper()
			if _, err := o.digests.Do(t.Context(), link); !errs.Is(err, code) {
				t.Errorf("got %v, want %s", err, code)
			}
		}
		refused(list[0]+"x", errs.Invalid)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.User.UpdateOneID(o.AdminID).SetRole(vocab.RoleAgent).Exec(ctx)
		})
		refused(list[1], errs.Forbidden)
		check.Must(o.digests.Do(t.Context(), list[0]))(t) // as a member
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.User.UpdateOneID(o.AdminID).SetRole(vocab.RoleAdmin).SetDeactivatedAt(clock.Of(o.Clock.Now())).Exec(ctx)
		})
		refused(list[0], errs.Forbidden)
		o.Clock.Advance(31 * 24 * time.Hour)
		refused(list[0], errs.Invalid)
	})
}

// NT-7: the digest goes to the members who chose it, for the inbox or for all, and to the
// admins who chose nothing. Who is no admin has no link that changes the inbox.
func TestWhoGetsDigests(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		check.Same(t, len(o.mailed(t)), 0)
		ben := o.AgentIDs[0]
		choose := func(userID, inboxID string, wanted bool) {
			o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO notification_preferences (user_id, inbox_id, kind, medium, account_id, wanted) VALUES ($1, $2, 'FILTERED_DIGEST', 'EMAIL', $3, $4)",
					userID, inboxID, o.AccountID, wanted)
				return err
			})
		}
		next := func() []mail.Notice {
			o.Clock.Advance(time.Hour)
			o.filtered(vocab.ReasonPromotional)
			o.Clock.Advance(week)
			return o.mailed(t)
		}
		check.Same(t, len(next()), 1)
		choose(ben, "", true)
		both := next()
		check.Same(t, len(both), 2)
		for _, n := range both {
			links := linksOf(t, n)
			want := 1
			if strings.Contains(n.Text, "Always allow") {
				want = 2
			}
			check.Same(t, len(links), want)
			if want == 2 {
				continue
			}
			check.Must(o.digests.Do(t.Context(), links[0]))(t)
		}
		choose(o.AdminID, o.InboxIDs[0], false)
		check.Same(t, len(next()), 1)
		choose(ben, o.InboxIDs[0], false)
		check.Same(t, len(next()), 0)
	})
}
