package visitor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// looks is what a visitor sees of a conversation; "": nothing.
func (w *world) looks(me context.Context, conversationID string) string {
	w.t.Helper()
	c, err := w.Conversation(me, conversationID)
	w.ok(err)
	if c == nil {
		return ""
	}
	page, err := w.messages(me, c, paging.PageArgs{})
	w.ok(err)
	counts, err := w.Unread(me, []*ent.Conversation{c})
	w.ok(err)
	looks := []string{texts(page), string(c.Status), c.Preview}
	if counts[0] > 0 {
		looks = append(looks, "unread")
	}
	if visitor.ContinuedElsewhere(me, c) {
		looks = append(looks, "elsewhere")
	}
	return strings.Join(looks, "|")
}

// CH-6, CH-8: after a proof the token from before reads what was written and answered
// before it, and no more: not what comes, what is edited, how the chat ends, or what
// else the proved visitor has. It writes no more there, and begins anew at will.
func TestTokenFromBefore(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		for name, prove := range map[string]func(old *visitor.Session, chat string) *visitor.Session{
			"identity": func(old *visitor.Session, _ string) *visitor.Session {
				return w.start(old.Token, w.identity(jwt.MapClaims{"sub": "42", "email": "dora@example.net"}))
			},
			"link": func(_ *visitor.Session, chat string) *visitor.Session {
				w.clock.Advance(time.Hour)
				session, err := w.follow(w.link(w.mailed(box)[0]), nil)
				w.ok(err)
				return session
			},
			"code": func(old *visitor.Session, _ string) *visitor.Session { return w.prove(box, old) },
		} {
			w.clock.Advance(24 * time.Hour)
			old := w.start("", "")
			me := w.as(old)
			in := w.chat("q1")
			in.Email = new("dora@example.net")
			c, err := w.StartChat(me, in)
			w.ok(err)
			w.clock.Advance(time.Second)
			first := w.answer(c.ID, "a1", false)
			elsewhere := w.startChat(w.as(w.start("", w.identity(jwt.MapClaims{"sub": "42"}))), "of another device")

			proved := prove(old, c.ID)
			w.clock.Advance(time.Second)
			if proved.Visitor.ID == old.Visitor.ID || !visitor.IsIdentified(proved.Visitor) || !proved.Visitor.EmailVerified || proved.Visitor.ContactID != w.ContactID {
				w.t.Fatalf("%s: %+v", name, proved.Visitor)
			}
			who := w.as(proved)
			w.send(who, c.ID, "q2")
			w.answer(c.ID, "a2", false)
			if got, want := w.looks(me, c.ID), "q1 a1|OPEN|a1|elsewhere"; got != want {
				w.t.Errorf("%s: the old token sees %q, want %q", name, got, want)
			}
			if got := w.looks(who, c.ID); got != "q1 a1 q2 a2|OPEN|a2|unread" {
				w.t.Errorf("%s: the proved one sees %q", name, got)
			}
			_, err = w.conversations.EditMessage(w.Agent(0), conversation.EditMessageInput{MessageID: first.ID, Text: new("secret")})
			w.ok(err)
			_, err = w.conversations.Close(w.Agent(0), conversation.CloseConversationInput{Target: conversation.On(c.ID)})
			w.ok(err)
			if got, want := w.looks(me, c.ID), "q1|OPEN|a1|elsewhere"; got != want {
				w.t.Errorf("%s: after the edit the old token sees %q, want %q", name, got, want)
			}
			list, err := w.own(me)
			if w.ok(err); len(list) != 1 || list[0].ID != c.ID || list[0].Preview != "a1" {
				w.t.Errorf("%s: the old token lists %v", name, list)
			}
			if got := w.looks(me, elsewhere.ID); got != "" {
				w.t.Errorf("%s: sees the chat of another device: %s", name, got)
			}
			_, err = w.SendMessage(me, visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "in their name"})
			w.fails(err, errs.ProofRequired, "conversationId")
			_, err = w.MarkRead(me, visitor.MarkVisitorConversationReadInput{ConversationID: c.ID})
			w.fails(err, errs.ProofRequired, "conversationId")
			mine := w.startChat(me, "anew")
			if got := w.looks(who, mine.ID); got != "" {
				w.t.Errorf("%s: what the old token begins is the proved one's: %s", name, got)
			}
			if again := w.start(old.Token, ""); again.Visitor.ID != old.Visitor.ID {
				w.t.Errorf("%s: the old token goes on as %s", name, again.Visitor.ID)
			}
			_, err = w.conversations.Delete(w.Agent(0), conversation.DeleteConversationInput{Target: conversation.On(c.ID)})
			w.ok(err)
			if got := w.looks(me, c.ID); got != "" {
				w.t.Errorf("%s: sees it in the trash: %s", name, got)
			}
		}
	})
}

// prove proves a session's address by the code that is mailed to it.
func (w *world) prove(box *postbox, session *visitor.Session) *visitor.Session {
	w.t.Helper()
	proved, err := w.ProveEmail(w.as(session), visitor.ProveVisitorEmailInput{Code: w.code(box, session)})
	w.ok(err)
	return proved
}

// code has a code mailed and returns it as it stands in the mail.
func (w *world) code(box *postbox, session *visitor.Session) string {
	w.t.Helper()
	_, err := w.RequestEmailCode(w.as(session), visitor.RequestVisitorEmailCodeInput{})
	w.ok(err)
	_, code, found := strings.Cut(box.notices[len(box.notices)-1].Subject, "Your code: ")
	if !found {
		w.t.Fatalf("%+v", box.notices)
	}
	return code
}

// CH-6: the list of who wrote chats before a proof has them in their places, page by
// page, among what they begin later.
func TestContinuedChatsInPages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		old := w.start("", "")
		me := w.as(old)
		var want []string
		begin := func() {
			w.clock.Advance(time.Second)
			want = append([]string{w.startChat(me, "chat").ID}, want...)
		}
		for range 3 {
			begin()
		}
		w.start(old.Token, w.identity(jwt.MapClaims{"sub": "42"}))
		begin()
		begin()
		w.clock.Advance(time.Second)
		w.answer(want[3], "moves up for the proved one alone", false)
		var got []string
		args := paging.PageArgs{First: new(2)}
		for {
			page, err := w.Conversations(me, args)
			w.ok(err)
			for _, c := range page.Nodes() {
				got = append(got, c.ID)
			}
			if !page.PageInfo.HasNextPage {
				break
			}
			args.After = page.PageInfo.EndCursor
		}
		if diff := cmp.Diff(want, got); diff != "" {
			w.t.Error(diff)
		}
		back, err := w.Conversations(me, paging.PageArgs{Last: new(2)})
		if w.ok(err); len(back.Nodes()) != 2 || back.Nodes()[0].ID != want[3] || back.Nodes()[1].ID != want[4] {
			w.t.Errorf("backwards: %v", back.Nodes())
		}
	})
}

// CH-8: who follows a chat live sees that it goes on elsewhere, and nothing after;
// so does who comes back later, with whatever cursor.
func TestContinuedLive(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		l, _ := w.live()
		old := w.start("", "")
		me := w.as(old)
		c := w.startChat(me, "q1")
		begin := w.head()
		s, err := l.Watch(me, c.ID, nil)
		w.ok(err)
		defer s.Close()
		proved := w.as(w.start(old.Token, w.identity(jwt.MapClaims{"sub": "42"})))
		theirs, err := l.Watch(proved, c.ID, nil)
		w.ok(err)
		defer theirs.Close()
		w.answer(c.ID, "for the proved one", false)
		if m, ok := w.next(theirs).(*visitor.MessageChange); !ok || m.Message.Text != "for the proved one" {
			w.t.Errorf("the proved one sees %+v", m)
		}
		cursor, err := w.Cursor(c.ID, begin)
		w.ok(err)
		replayed, err := l.Watch(me, c.ID, &cursor)
		w.ok(err)
		defer replayed.Close()
		late, err := l.Watch(me, c.ID, nil)
		w.ok(err)
		defer late.Close()
		for name, s := range map[string]*visitor.Stream{"running": s, "replayed": replayed, "late": late} {
			change, ok := w.next(s).(*visitor.Continued)
			if !ok || change.Conversation.Preview != "q1" {
				w.t.Errorf("%s: %+v", name, change)
			}
			ended, cancel := context.WithCancel(me)
			cancel()
			if next, err := s.Next(ended); err == nil { // nothing waits: it would come before the end
				w.t.Errorf("%s: then came %+v", name, next)
			}
		}
	})
}

// CH-8: what someone typed shares nothing: the owner of a typed address who follows the
// mailed link gets the chat that was mailed and no session of the typer's; and what the
// typer does to the address afterwards changes nothing.
func TestTypedAddressSharesNothing(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		typer, c := w.leaves("answer")
		w.clock.Advance(delay)
		link := w.link(w.mailed(box)[0])
		_, err := w.CaptureEmail(typer, visitor.CaptureVisitorEmailInput{Email: "typer@example.com"})
		w.ok(err)
		other := w.startChat(typer, "another of the typer's")
		owner, err := w.follow(link, nil)
		w.ok(err)
		if v := owner.Visitor; v.Email != "dora@example.net" || !v.EmailVerified || v.ContactID != w.ContactID {
			w.t.Errorf("the link proved %+v", v)
		}
		if got := w.looks(w.as(owner), c); got != "question answer|OPEN|answer|unread" {
			w.t.Errorf("the owner sees %q", got)
		}
		if got := w.looks(w.as(owner), other.ID); got != "" {
			w.t.Errorf("the owner sees what the typer began with another address: %q", got)
		}
		mine := w.startChat(w.as(owner), "mine")
		if got := w.looks(typer, mine.ID); got != "" {
			w.t.Errorf("the typer sees %q", got)
		}
	})
}

// CH-6: a code holds for ten minutes, five tries and one use, for the visitor and the
// address that it was mailed for; a new one replaces it.
func TestCodes(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		session, thief := w.start("", ""), w.start("", "")
		_, err := w.RequestEmailCode(w.as(session), visitor.RequestVisitorEmailCodeInput{})
		w.fails(err, errs.EmailRequired, "")
		for _, s := range []*visitor.Session{session, thief} {
			_, err := w.CaptureEmail(w.as(s), visitor.CaptureVisitorEmailInput{Email: "dora@example.net"})
			w.ok(err)
		}
		try := func(s *visitor.Session, code string) error {
			_, err := w.ProveEmail(w.as(s), visitor.ProveVisitorEmailInput{Code: code})
			return err
		}
		code := w.code(box, session)
		w.fails(try(thief, code), errs.Invalid, "code")
		wrong := "000 000"
		if code == wrong {
			wrong = "111 111"
		}
		for range 5 {
			w.fails(try(session, wrong), errs.Invalid, "code")
		}
		w.fails(try(session, code), errs.Invalid, "code") // the sixth
		replaced := w.code(box, session)
		code = w.code(box, session)
		if replaced != code {
			w.fails(try(session, replaced), errs.Invalid, "code")
		}
		_, err = w.RequestEmailCode(w.as(session), visitor.RequestVisitorEmailCodeInput{})
		w.fails(err, errs.RateLimited, "")
		w.clock.Advance(10 * time.Minute)
		w.fails(try(session, code), errs.Invalid, "code")
		code = w.code(box, session)
		_, err = w.CaptureEmail(w.as(session), visitor.CaptureVisitorEmailInput{Email: "other@example.com"})
		w.ok(err)
		w.ok(try(session, strings.ReplaceAll(code, " ", "-"))) // it proves the address that it was mailed to
		w.fails(try(session, code), errs.Invalid, "code")
	})
}

// CH-8: an address that is typed beside an identity is not verified, and links its
// visitor to no one; a code verifies it.
func TestTypedBesideIdentity(t *testing.T) {
	t.Parallel()
	mailing(t, func(w *world, box *postbox) {
		typed := w.start("", "")
		_, err := w.CaptureEmail(w.as(typed), visitor.CaptureVisitorEmailInput{Email: "dora@example.net"})
		w.ok(err)
		for name, token := range map[string]string{"typed before": typed.Token, "typed after": ""} {
			session := w.start(token, w.identity(jwt.MapClaims{"sub": name}))
			v, err := w.CaptureEmail(w.as(session), visitor.CaptureVisitorEmailInput{Email: "dora@example.net"})
			if w.ok(err); v.Email != "dora@example.net" || v.EmailVerified || v.ContactID != "" || !visitor.IsIdentified(v) {
				w.t.Errorf("%s: %+v", name, v)
			}
			if c := w.startChat(w.as(session), "hello"); c.ContactID != "" {
				w.t.Errorf("%s: the chat is linked to %s", name, c.ContactID)
			}
			proved := w.prove(box, session)
			if v := proved.Visitor; v.ID != session.Visitor.ID || !v.EmailVerified || v.ContactID != w.ContactID {
				w.t.Errorf("%s: %+v", name, v)
			}
		}
	})
}

// CH-8: sessions are listed, and end: a visitor's own, or by staff all of them, also
// those that are older than the list. What ended goes on as a new visitor.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.start("", w.identity(jwt.MapClaims{"sub": "42"}))
		second := w.start("", w.identity(jwt.MapClaims{"sub": "42"}))
		list := func() (ended []bool) {
			pages, err := w.Sessions(w.Agent(0), []*ent.Visitor{first.Visitor}, paging.PageArgs{})
			w.ok(err)
			for _, s := range pages[0].Nodes() {
				if s.Proof != vocab.ProofIdentity {
					w.t.Errorf("%+v", s)
				}
				ended = append(ended, s.EndedAt.IsSet())
			}
			return ended
		}
		check := func(want ...bool) {
			w.t.Helper()
			if diff := cmp.Diff(want, list()); diff != "" {
				w.t.Error(diff)
			}
		}
		check(false, false)
		_, _, _, before := w.count()
		_, err := w.EndSession(w.as(second), visitor.EndVisitorSessionInput{})
		w.ok(err)
		_, err = w.Authenticate(t.Context(), second.Token)
		w.fails(err, errs.Unauthenticated, "")
		w.as(first)
		if fresh := w.start(second.Token, ""); fresh.Visitor.ID == first.Visitor.ID {
			w.t.Error("an ended session goes on")
		}
		_, err = w.EndSession(w.as(first), visitor.EndVisitorSessionInput{VisitorID: &first.Visitor.ID})
		w.fails(err, errs.Invalid, "visitorId")
		_, err = w.EndSession(w.Agent(0), visitor.EndVisitorSessionInput{})
		w.fails(err, errs.Required, "visitorId")
		stranger := newWorld(w.t, w.Store, w.clock).start("", "").Visitor
		_, err = w.EndSession(w.Agent(0), visitor.EndVisitorSessionInput{VisitorID: &stranger.ID})
		w.fails(err, errs.NotFound, "visitorId")

		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error { // as if they were older than the list
			_, err := tx.Exec(ctx, "DELETE FROM visitor_sessions WHERE account_id = $1", w.AccountID)
			return err
		})
		w.as(first)
		for range 2 {
			_, err = w.EndSession(w.Agent(0), visitor.EndVisitorSessionInput{VisitorID: &first.Visitor.ID})
			w.ok(err)
		}
		_, err = w.Authenticate(t.Context(), first.Token)
		w.fails(err, errs.Unauthenticated, "")
		w.as(w.start("", w.identity(jwt.MapClaims{"sub": "42"})))
		if diff := cmp.Diff([]vocab.EventType{vocab.VisitorSessionEnded, vocab.VisitorSessionEnded}, w.since(before)); diff != "" {
			w.t.Error(diff)
		}
	})
}
