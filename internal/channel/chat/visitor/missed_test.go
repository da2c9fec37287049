package visitor_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// postbox keeps the notices that are posted.
type postbox struct {
	mu      sync.Mutex
	notices []mail.Notice
}

func (p *postbox) InsertJobs(_ context.Context, _ *store.Raw, jobs []store.Job) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range jobs {
		if l, ok := j.Args.(mail.Notice); ok {
			p.notices = append(p.notices, l)
		}
	}
	return nil
}

const delay = 10 * time.Minute

// mailing runs the test in a world that mails what visitors miss.
func mailing(t *testing.T, test func(w *world, box *postbox)) {
	t.Helper()
	each(t, func(w *world) {
		box := &postbox{}
		w.Store.UseJobs(box)
		w.compose(conversation.Deps{}, visitor.Options{MissedAfter: delay})
		test(w, box)
	})
}

// mailed runs the round and returns what it posted.
func (w *world) mailed(box *postbox) []mail.Notice {
	w.t.Helper()
	before := len(box.notices)
	w.ok(w.MailMissed(w.t.Context()))
	return box.notices[before:]
}

// leaves begins a chat of a visitor with an address, which the team answers
// after they left.
func (w *world) leaves(answers ...string) (me context.Context, conversationID string) {
	w.t.Helper()
	return w.leavesFrom("https://shop.example/prices?a=1#top", answers...)
}

// leavesFrom is leaves from a page.
func (w *world) leavesFrom(page string, answers ...string) (me context.Context, conversationID string) {
	w.t.Helper()
	me = w.as(w.start("", ""))
	in := w.chat("question")
	in.Email, in.PageURL = new("dora@example.net"), page
	c, err := w.StartChat(me, in)
	w.ok(err)
	w.clock.Advance(time.Second)
	for _, text := range answers {
		w.answer(c.ID, text, false)
	}
	return me, c.ID
}

// CH-6: a visitor who left gets what they missed by mail: once, escaped, with a
// link to where they were, and never notes.
func TestMissedReplies(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		_, c := w.leaves("<b>first</b> & more")
		w.answer(c, "internal", true)
		w.clock.Advance(delay - time.Microsecond)
		if early := w.mailed(box); len(early) != 0 {
			w.t.Fatalf("too early: %v", early)
		}
		w.clock.Advance(time.Microsecond)
		w.answer(c, "second", false)
		notices := w.mailed(box)
		if len(notices) != 1 || notices[0].To != "dora@example.net" {
			w.t.Fatalf("%+v", notices)
		}
		l := notices[0]
		for _, text := range []string{"<b>first</b> & more", "second", "Ben Agent", "https://shop.example/prices?a=1#parley-link="} {
			if !strings.Contains(l.Text, text) {
				w.t.Errorf("the notice lacks %q:\n%s", text, l.Text)
			}
		}
		if !strings.Contains(l.HTML, "&lt;b&gt;first&lt;/b&gt; &amp; more") || strings.Contains(l.Text+l.HTML, "internal") {
			w.t.Errorf("the markup:\n%s", l.HTML)
		}
		w.clock.Advance(2 * delay)
		if again := w.mailed(box); len(again) != 0 {
			w.t.Errorf("the same again: %v", again)
		}
		w.answer(c, "third", false)
		w.clock.Advance(delay)
		if notices = w.mailed(box); len(notices) != 1 || strings.Contains(notices[0].Text, "second") || !strings.Contains(notices[0].Text, "third") {
			w.t.Errorf("the next notice: %v", notices)
		}
		w.answer(c, "fourth", false)
		w.clock.Advance(delay / 2)
		w.answer(c, "fifth", false)
		w.clock.Advance(delay / 2)
		if notices = w.mailed(box); len(notices) != 1 {
			w.t.Fatalf("%v", notices)
		}
		w.clock.Advance(delay - time.Microsecond)
		if notices = w.mailed(box); len(notices) != 0 {
			w.t.Errorf("two notices within the delay: %v", notices)
		}
	})
}

// RFC 3834: an address gets a few notices within an hour, from however many
// chats; what did not go out then comes later.
func TestFewNotices(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		for range 6 {
			w.leaves("answer")
		}
		w.clock.Advance(delay)
		if notices := w.mailed(box); len(notices) != 4 {
			w.t.Fatalf("%d notices to one address", len(notices))
		}
		w.clock.Advance(time.Hour - time.Second)
		if notices := w.mailed(box); len(notices) != 0 {
			w.t.Errorf("%d more within the hour", len(notices))
		}
		w.clock.Advance(time.Second)
		if notices := w.mailed(box); len(notices) != 2 {
			w.t.Errorf("%d notices after the hour, want the other 2", len(notices))
		}
	})
}

// CH-6, IN-9, IN-10, IN-13: who gets no notice.
func TestNoNotice(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *world, me context.Context, c string){
		"read": func(w *world, me context.Context, c string) {
			_, err := w.MarkRead(me, visitor.MarkVisitorConversationReadInput{ConversationID: c})
			w.ok(err)
		},
		"spam": func(w *world, _ context.Context, c string) {
			_, err := w.conversations.MarkAsSpam(w.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c)})
			w.ok(err)
		},
		"blocked": func(w *world, _ context.Context, c string) {
			w.block(c)
		},
		"blocked elsewhere": func(w *world, me context.Context, _ string) {
			w.block(w.startChat(me, "another").ID)
		},
		"deleted": func(w *world, _ context.Context, c string) {
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Conversation.UpdateOneID(c).SetDeletedAt(tx.Now()).Exec(ctx)
			})
		},
		"on the site": func(w *world, me context.Context, _ string) {
			w.clock.Advance(delay / 2)
			_, err := w.TrackPage(me, visitor.TrackPageViewInput{URL: "https://shop.example/else"})
			w.ok(err)
			w.clock.Advance(-delay / 2)
		},
		"connected": func(w *world, me context.Context, c string) {
			l, _ := w.live()
			w.clock.Advance(delay / 2)
			s, err := l.Watch(me, c, nil)
			w.ok(err)
			w.t.Cleanup(s.Close)
			w.clock.Advance(-delay / 2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mailing(t, func(w *world, box *postbox) {
				me, c := w.leaves("answer")
				spoil(w, me, c)
				w.clock.Advance(delay)
				if notices := w.mailed(box); len(notices) != 0 {
					w.t.Errorf("%+v", notices)
				}
			})
		})
	}
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		mailing(t, func(w *world, box *postbox) {
			w.answer(w.startChat(w.as(w.start("", "")), "question").ID, "answer", false)
			w.clock.Advance(2 * delay)
			if notices := w.mailed(box); len(notices) != 0 {
				w.t.Errorf("%+v", notices)
			}
		})
	})
}

func (w *world) block(conversationID string) {
	w.t.Helper()
	_, err := w.conversations.BlockSender(w.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(conversationID)})
	w.ok(err)
}

// link takes the token out of a notice.
func (w *world) link(l mail.Notice) string {
	w.t.Helper()
	_, token, found := strings.Cut(l.Text, "#parley-link=")
	token, _, _ = strings.Cut(token, "\n")
	if _, err := url.Parse("https://a.example/#" + token); !found || err != nil {
		w.t.Fatalf("no link in\n%s", l.Text)
	}
	return token
}

func (w *world) follow(link string, own *visitor.Session) (*visitor.Session, error) {
	in := visitor.StartVisitorSessionInput{ChannelKey: key(w.ChannelIDs[0]), Link: &link}
	if own != nil {
		in.Token = &own.Token
	}
	return w.StartSession(viewer.NewContext(w.t.Context(), viewer.Anonymous()), in)
}

// CH-8: a mailed link opens the conversation, once and for seven days; nothing
// of whoever follows it goes to its visitor.
func TestLink(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		_, c := w.leaves("answer")
		w.clock.Advance(delay)
		token := w.link(w.mailed(box)[0])
		reader := w.start("", "")
		own := w.startChat(w.as(reader), "mine")
		w.nothing(func() {
			_, err := w.follow(token+"x", reader)
			w.fails(err, errs.Invalid, "link")
			_, err = w.follow(reader.Token, reader)
			w.fails(err, errs.Invalid, "link")
		})
		session, err := w.follow(token, reader)
		w.ok(err)
		if got, err := w.Conversation(w.as(session), c); err != nil || got == nil {
			w.t.Errorf("the conversation: %v (%v)", got, err)
		}
		if got, err := w.Conversation(w.as(session), own.ID); err != nil || got != nil {
			w.t.Errorf("the reader's own came along: %v (%v)", got, err)
		}
		if got, err := w.Conversation(w.as(reader), own.ID); err != nil || got == nil {
			w.t.Errorf("the reader lost their own: %v (%v)", got, err)
		}
		_, err = w.follow(token, nil)
		w.fails(err, errs.Invalid, "link")

		session = w.start(session.Token, "") // it goes on
		proved := w.start(session.Token, w.identity(jwt.MapClaims{"sub": "42"}))
		if got, err := w.Conversation(w.as(proved), c); err != nil || got != nil || proved.Visitor.ID == session.Visitor.ID {
			w.t.Errorf("a linked visitor merged into an identity: %v (%v)", got, err)
		}

		w.answer(c, "another", false)
		w.clock.Advance(delay)
		late := w.link(w.mailed(box)[0])
		w.clock.Advance(7 * 24 * time.Hour)
		_, err = w.follow(late, nil)
		w.fails(err, errs.Invalid, "link")
		w.ok(w.Forget(w.t.Context()))
	})
}

// CH-8: who has proved an identity gets in by it alone: their notices have no
// link, and earlier ones end.
func TestLinkOfIdentified(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		session := w.start("", "")
		in := w.chat("question")
		in.Email = new("dora@example.net")
		c, err := w.StartChat(w.as(session), in)
		w.ok(err)
		w.clock.Advance(time.Second)
		w.answer(c.ID, "answer", false)
		w.clock.Advance(delay)
		token := w.link(w.mailed(box)[0])
		w.start(session.Token, w.identity(jwt.MapClaims{"sub": "42", "email": "dora@example.net"}))
		_, err = w.follow(token, nil)
		w.fails(err, errs.Invalid, "link")
		w.answer(c.ID, "another", false)
		w.clock.Advance(delay)
		if notices := w.mailed(box); len(notices) != 1 || strings.Contains(notices[0].Text, "parley-link") {
			w.t.Errorf("%+v", notices)
		}
	})
}

// threads makes ids that a test can read.
type threads struct{}

func (threads) MessageID(messageID, conversationID, domain string) string {
	return messageID + "." + conversationID + "@" + domain
}

func (threads) Reference(conversationID, domain string) string {
	return conversationID + "@" + domain
}

// CH-6: a notice is answered by mail where the inbox has a connected e-mail channel;
// without a page and a mailbox it says how to go on.
func TestNoticesAreAnswered(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		w.compose(conversation.Deps{}, visitor.Options{MissedAfter: delay, Sites: []string{}, Threads: threads{}})
		_, c := w.leaves("answer")
		w.clock.Advance(delay)
		notices := w.mailed(box)
		if len(notices) != 1 || notices[0].ReplyTo != "" || !strings.Contains(notices[0].Text, "open the chat on our website") {
			w.t.Errorf("%+v", notices)
		}
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			channel := id.New(id.Channel)
			err := tx.Client.Channel.Create().SetID(channel).SetInboxID(w.InboxIDs[0]).SetKind(vocab.Email).SetKey(channel).SetCreatedAt(tx.Now()).Exec(ctx)
			if err != nil {
				return err
			}
			return tx.Client.EmailChannel.Create().SetID(channel).SetInboxID(w.InboxIDs[0]).SetAddress("support@shop.example").SetAliases([]string{}).
				SetProvider(vocab.EmailIMAP).SetState(vocab.EmailConnected).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		w.answer(c, "more", false)
		w.clock.Advance(delay)
		notices = w.mailed(box)
		if len(notices) != 1 {
			w.t.Fatalf("%+v", notices)
		}
		l := notices[0]
		if l.ReplyTo != "support@shop.example" || !strings.HasSuffix(l.InternetID, "."+c+"@shop.example") || l.References != c+"@shop.example" ||
			!strings.Contains(l.Text, "Answer this mail") {
			w.t.Errorf("%+v", l)
		}
	})
}

// IN-22, CH-6: a visitor who is away gets the farewell of a chat that closed by itself by
// mail, with what else they missed; one who read it does not.
func TestFarewellByMail(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.UpdateOneID(w.InboxIDs[0]).SetSettings(vocab.InboxSettings{
				CloseSilentChatsAfter: 30, CloseSilentChatsSince: tx.Now(), FarewellText: "We close this for now.",
			}).Exec(ctx)
		})
		_, c := w.leaves("answer")
		w.clock.Advance(delay)
		if notices := w.mailed(box); len(notices) != 1 {
			w.t.Fatalf("the answer: %v", notices)
		}
		w.clock.Advance(30 * time.Minute)
		w.ok(w.conversations.CloseSilent(w.t.Context()))
		if got := w.conversation(c).Status; got != vocab.Closed {
			w.t.Fatalf("the chat is %s", got)
		}
		w.clock.Advance(delay)
		notices := w.mailed(box)
		if len(notices) != 1 || !strings.Contains(notices[0].Text, "We close this for now.") || strings.Contains(notices[0].Text, "answer") {
			w.t.Errorf("the farewell: %+v", notices)
		}
		w.clock.Advance(delay)
		if again := w.mailed(box); len(again) != 0 {
			w.t.Errorf("the same again: %v", again)
		}
	})
}
