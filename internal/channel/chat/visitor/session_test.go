package visitor_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"parley/ent"
	entvisitor "parley/ent/visitor"
	"parley/internal/channel/chat/visitor"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/secret"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// CH-5: a token goes on with its session until it expires, and is renewed.
func TestSessionGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.start("", "")
		want := &viewer.Viewer{Kind: viewer.Visitor, AccountID: w.AccountID, ActorID: first.Visitor.ID, ChannelID: w.ChannelIDs[0], ExpiresAt: w.clock.Now().Add(visitor.TTL)}
		v, err := w.Authenticate(t.Context(), first.Token)
		w.ok(err)
		session := v.TokenID
		v.TokenID = ""
		if diff := cmp.Diff(want, v, cmp.AllowUnexported(viewer.Viewer{})); diff != "" || session == "" {
			w.t.Error(diff, session)
		}
		if !visitor.LooksLikeToken(first.Token) || visitor.LooksLikeToken("parley_"+strings.Repeat("a", 43)) {
			w.t.Error("visitors' tokens are told from others by their looks")
		}
		w.clock.Advance(visitor.TTL - time.Minute)
		second := w.start(first.Token, "")
		if second.Visitor.ID != first.Visitor.ID || second.Visitor.LastSeenAt != clock.Of(w.clock.Now()) {
			w.t.Errorf("went on as %+v", second.Visitor)
		}
		w.clock.Advance(visitor.TTL - time.Minute)
		v, err = w.Authenticate(t.Context(), second.Token)
		w.ok(err)
		if v.TokenID != session {
			w.t.Error("the session has another id")
		}
		_, err = w.Authenticate(t.Context(), first.Token)
		w.fails(err, errs.Unauthenticated, "")
		// The request's own credentials do too.
		in := visitor.StartVisitorSessionInput{ChannelKey: key(w.ChannelIDs[0])}
		if again, err := w.StartSession(w.as(second), in); err != nil || again.Visitor.ID != first.Visitor.ID {
			w.t.Error(again, err)
		}
	})
}

// CH-5: a token that does not hold begins a new session and breaks no page.
func TestFalseTokens(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		own := w.start("", "")
		old := w.start("", "")
		w.clock.Advance(visitor.TTL + time.Second)
		own = w.start(own.Token, "") // expired meanwhile: another visitor
		elsewhere, err := w.startOn(w.ChannelIDs[1], "", "")
		w.ok(err)
		stranger := newWorld(w.t, w.Store, w.clock).start("", "")
		signature := own.Token[strings.LastIndex(own.Token, ".")+1:]
		ring, err := secret.Parse(secret.GenerateKey())
		w.ok(err)
		signer := ring.Signer(secret.VisitorAudience, w.clock.Now)
		forged, err := signer.Sign(&secret.VisitorClaims{
			Account: w.AccountID, Channel: w.ChannelIDs[0], Visitor: own.Visitor.ID, RegisteredClaims: signer.Registered(time.Hour),
		})
		w.ok(err)
		for name, token := range map[string]string{
			"expired": old.Token, "of another channel": elsewhere.Token, "of another account": stranger.Token,
			"tampered":       strings.Replace(own.Token, signature, strings.Repeat("A", len(signature)), 1),
			"of another key": forged, "nonsense": "eyJ.\x00.x", "huge": strings.Repeat("eyJ.", 200_000),
		} {
			session := w.start(token, "")
			if session.Visitor.ID == own.Visitor.ID || session.Visitor.AccountID != w.AccountID || session.Visitor.ChannelID != w.ChannelIDs[0] {
				w.t.Errorf("%s: goes on as %+v", name, session.Visitor)
			}
			if name != "of another channel" && name != "of another account" {
				_, err = w.Authenticate(t.Context(), token)
				w.fails(err, errs.Unauthenticated, "")
			}
		}
	})
}

// IB-3: with its inbox a channel's key and its visitors' tokens are gone.
func TestGoneChannel(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		ask := func(key string) error {
			_, err := w.StartSession(w.Visitor(0), visitor.StartVisitorSessionInput{ChannelKey: key})
			_, again := w.Show(w.Visitor(0), key, "https://shop.example", false, "")
			if again == nil || err == nil || again.Error() != err.Error() {
				w.t.Errorf("widget: %v, session: %v", again, err)
			}
			return err
		}
		for _, unknown := range []string{"", "key-\x00", strings.Repeat("k", 1<<20), w.ChannelIDs[0]} {
			w.fails(ask(unknown), errs.NotFound, "channelKey")
		}
		w.deleteInbox(0)
		w.fails(ask(key(w.ChannelIDs[0])), errs.NotFound, "channelKey")
		_, err := w.Authenticate(t.Context(), session.Token)
		w.fails(err, errs.Unauthenticated, "")
	})
}

// CH-8: what the site's back end did not sign rightly proves nothing, and
// leaves nothing behind.
func TestFalseIdentities(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		now := w.clock.Now()
		sign := func(method jwt.SigningMethod, key any) string {
			token, err := jwt.NewWithClaims(method, jwt.MapClaims{"sub": "42", "exp": now.Add(time.Hour).Unix()}).SignedString(key)
			w.ok(err)
			return token
		}
		for name, identity := range map[string]string{
			"another secret": sign(jwt.SigningMethodHS256, []byte("guessed")),
			"no signature":   sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
			"HS512":          sign(jwt.SigningMethodHS512, w.secrets[w.ChannelIDs[0]]),
			"no exp":         w.identity(jwt.MapClaims{"sub": "42", "exp": nil}),
			"expired":        w.identity(jwt.MapClaims{"sub": "42", "exp": now.Unix()}),
			"for too long":   w.identity(jwt.MapClaims{"sub": "42", "exp": now.Add(24*time.Hour + time.Second).Unix()}),
			"not yet":        w.identity(jwt.MapClaims{"sub": "42", "nbf": now.Add(time.Minute).Unix()}),
			"crit": func() string {
				t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "42", "exp": now.Add(time.Hour).Unix()})
				t.Header["crit"] = []string{"b64"}
				token, err := t.SignedString(w.secrets[w.ChannelIDs[0]])
				w.ok(err)
				return token
			}(),
			"future iat":  w.identity(jwt.MapClaims{"sub": "42", "iat": now.Add(2 * time.Minute).Unix()}),
			"exp a text":  w.identity(jwt.MapClaims{"sub": "42", "exp": fmt.Sprint(now.Add(time.Hour).Unix())}),
			"no phone":    w.identity(jwt.MapClaims{"sub": "42", "email": "eve@example.com", "iat": now.Unix(), "phone": strings.Repeat("1", 1000)}),
			"no sub":      w.identity(jwt.MapClaims{"email": "eve@example.com"}),
			"blank sub":   w.identity(jwt.MapClaims{"sub": " "}),
			"long sub":    w.identity(jwt.MapClaims{"sub": strings.Repeat("é", 256)}),
			"NUL in sub":  w.identity(jwt.MapClaims{"sub": "4\x002"}),
			"sub no text": w.identity(jwt.MapClaims{"sub": 42}),
			"bad email":   w.identity(jwt.MapClaims{"sub": "42", "email": "Eve <eve@example.com>"}),
			"long name":   w.identity(jwt.MapClaims{"sub": "42", "name": strings.Repeat("n", 201)}),
			"no JWT":      "42",
			"a session":   w.start("", "").Token,
			"huge":        strings.Repeat("a", 1<<20),
		} {
			w.nothing(func() {
				if _, err := w.startOn(w.ChannelIDs[0], "", identity); err == nil {
					w.t.Errorf("%s: was believed", name)
				} else {
					w.fails(err, errs.Invalid, "identity")
				}
			})
		}
		w.nothing(func() {
			_, err := w.startOn(w.ChannelIDs[1], "", w.identity(jwt.MapClaims{"sub": "42"}))
			w.fails(err, errs.Invalid, "identity") // the channel has no secret
		})
	})
}

// CH-6, CH-8: the chats of an anonymous visitor go on with the proved one, from every
// device, and its block does; old tokens stand for the anonymous one still.
func TestIdentityMerges(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		desk, phone := w.start("", ""), w.start("", "")
		first, second := w.startChat(w.as(desk), "from the desk"), w.startChat(w.as(phone), "from the phone")
		_, err := w.conversations.BlockSender(w.Agent(1), conversation.BlockConversationSenderInput{Target: conversation.On(second.ID)})
		w.ok(err)
		_, _, _, before := w.count()

		claims := jwt.MapClaims{"sub": "42", "name": "Eve Example", "email": "Eve@Example.com"}
		proved := w.start(desk.Token, w.identity(claims))
		if v := proved.Visitor; v.ID == desk.Visitor.ID || v.Identity == nil || *v.Identity != "42" || v.Name != "Eve Example" || v.Email != "eve@example.com" {
			w.t.Fatalf("%+v", v)
		}
		if again := w.start(phone.Token, w.identity(claims)); again.Visitor.ID != proved.Visitor.ID {
			w.t.Fatalf("two visitors of one identity")
		}
		want := []vocab.EventType{
			vocab.ContactCreated, vocab.ContactUpdated, vocab.ContactLinked, vocab.ConversationUpdated,
			vocab.ContactLinked, vocab.ConversationUpdated,
		}
		if diff := cmp.Diff(want, w.since(before)); diff != "" {
			w.t.Error(diff)
		}
		for name, had := range map[string]struct {
			session *visitor.Session
			chats   int
		}{"desk": {desk, 1}, "phone": {phone, 1}, "proved": {proved, 2}} {
			ctx := w.as(had.session)
			list, err := w.own(ctx)
			if w.ok(err); viewer.FromContext(ctx).ActorID != had.session.Visitor.ID || len(list) != had.chats {
				w.t.Errorf("%s: %s sees %d conversations", name, viewer.FromContext(ctx).ActorID, len(list))
			}
		}
		for _, c := range []string{first.ID, second.ID} {
			if c := w.conversation(c); c.ContactID == "" || c.VisitorID != proved.Visitor.ID {
				w.t.Errorf("not moved: %+v", c)
			}
		}
		third := w.startChat(w.as(proved), "again") // IN-10: still blocked
		if c := w.conversation(third.ID); !c.Filtered.Has(vocab.ReasonBlockedSender) {
			w.t.Error("signing in lifted the block")
		}
	})
}

// CH-8: a visitor of one identity never merges into another's.
func TestIdentitiesNeverMerge(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		eve := w.start("", w.identity(jwt.MapClaims{"sub": "eve"}))
		chat := w.startChat(w.as(eve), "Eve's")
		mallory := w.start(eve.Token, w.identity(jwt.MapClaims{"sub": "mallory"}))
		if mallory.Visitor.ID == eve.Visitor.ID {
			w.t.Fatal("one visitor of two identities")
		}
		if list, err := w.own(w.as(mallory)); err != nil || len(list) != 0 {
			w.t.Errorf("%d conversations, %v", len(list), err)
		}
		if list, err := w.own(w.as(eve)); err != nil || len(list) != 1 || list[0].ID != chat.ID {
			w.t.Errorf("%v, %v", list, err)
		}
		// The same subject on another channel is someone else.
		w.secrets[w.ChannelIDs[1]] = w.secrets[w.ChannelIDs[0]]
		other, err := w.startOn(w.ChannelIDs[1], "", w.identity(jwt.MapClaims{"sub": "eve"}))
		if w.ok(err); other.Visitor.ID == eve.Visitor.ID {
			w.t.Error("one visitor on two channels")
		}
	})
}

// Pitfall 4: an identity that appears many times at once is one visitor with
// one contact, and all anonymous ones end up in it.
func TestIdentityRace(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const many = 12
		var sessions []*visitor.Session
		for range many {
			session := w.start("", "")
			w.startChat(w.as(session), "mine")
			sessions = append(sessions, session)
		}
		identity := w.identity(jwt.MapClaims{"sub": "42", "email": "eve@example.com"})
		var all sync.WaitGroup
		for _, session := range sessions {
			all.Go(func() {
				if _, err := w.startOn(w.ChannelIDs[0], session.Token, identity); err != nil {
					w.t.Error(err)
				}
			})
		}
		all.Wait()
		visitors, err := w.Store.Client(w.System).Visitor.Query().Where(entvisitor.Identity("42")).Count(w.System)
		if w.ok(err); visitors != 1 {
			w.t.Errorf("%d visitors of one identity", visitors)
		}
		list, err := w.own(w.as(w.start("", identity)))
		if w.ok(err); len(list) != many {
			w.t.Errorf("sees %d of %d conversations", len(list), many)
		}
		if _, _, contacts, _ := w.count(); contacts != 2 {
			w.t.Errorf("%d contacts", contacts)
		}
	})
}

// CH-8: what is proved goes to the contact of the proved address; a name that
// the team knows stays.
func TestIdentityTellsOfItsContact(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", w.identity(jwt.MapClaims{"sub": "dora", "email": "DORA@example.net", "name": "D."}))
		if session.Visitor.ContactID != w.ContactID || session.Visitor.Name != "D." {
			w.t.Fatalf("%+v", session.Visitor)
		}
		c, err := w.Store.Client(w.System).Contact.Get(w.System, w.ContactID)
		if w.ok(err); c.Name != "Dora Contact" {
			w.t.Errorf("the contact is called %q", c.Name)
		}
		_, err = w.CaptureEmail(w.as(session), visitor.CaptureVisitorEmailInput{Email: "other@example.com"})
		w.ok(err)
		if again := w.start(session.Token, ""); again.Visitor.ContactID != w.ContactID || again.Visitor.Email != "dora@example.net" {
			w.t.Errorf("a typed address replaced the proved one: %+v", again.Visitor)
		}
	})
}

// Staff have no sessions, and no one else acts as a visitor.
func TestOnlyVisitors(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, err := w.StartChat(w.Admin, w.chat("hello"))
		w.fails(err, errs.Forbidden, "")
		_, err = w.SendMessage(w.Agent(0), visitor.SendVisitorMessageInput{ConversationID: w.ConversationIDs[0], Text: "hello"})
		w.fails(err, errs.Forbidden, "")
		_, err = w.own(viewer.NewContext(t.Context(), viewer.Anonymous()))
		w.fails(err, errs.Forbidden, "")
	})
}

// RT-3: the language that the browser asks for is kept; what is none breaks
// nothing.
func TestSessionLanguage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		begin := func(token, locale string) *ent.Visitor {
			in := visitor.StartVisitorSessionInput{ChannelKey: "key-" + w.ChannelIDs[0], Locale: &locale}
			if token != "" {
				in.Token = &token
			}
			session, err := w.StartSession(t.Context(), in)
			w.ok(err)
			if again, err := w.Store.Client(w.System).Visitor.Get(w.System, session.Visitor.ID); err != nil || again.Language != session.Visitor.Language {
				w.t.Errorf("%v, %v", again, err)
			}
			return session.Visitor
		}
		if got := begin("", "de-at").Language; got != "de-AT" {
			w.t.Errorf("speaks %q", got)
		}
		if got := begin("", "nonsense!").Language; got != "" {
			w.t.Errorf("speaks %q", got)
		}
	})
}

// CH-10: what the site signed of its customer is the contact's, the later word wins,
// and what means nothing here is named.
func TestSignedClaims(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		now := w.clock.Now()
		claims := func(issued time.Duration, name string) jwt.MapClaims {
			return jwt.MapClaims{"sub": "42", "email": "dora@example.net", "name": name, "phone": "+33 1", "avatar_url": "https://shop.example/" + name + ".png",
				"iat": now.Add(issued).Unix(), "plan": "gold", "iss": "shop"}
		}
		known := func() string {
			c, err := w.Store.Client(w.System).Contact.Get(w.System, w.ContactID)
			w.ok(err)
			return c.Name + " " + c.Phone + " " + c.AvatarURL
		}
		session := w.start("", w.identity(claims(-time.Minute, "Later")))
		if diff := cmp.Diff([]string{"plan"}, session.Ignored); diff != "" {
			w.t.Error(diff)
		}
		if got := known(); got != "Later +33 1 https://shop.example/Later.png" {
			w.t.Error(got)
		}
		w.start("", w.identity(claims(-time.Hour, "Earlier")))
		if got := known(); got != "Later +33 1 https://shop.example/Later.png" {
			w.t.Errorf("an earlier word won: %s", got)
		}
		if w.start("", "").Ignored != nil {
			w.t.Error("without identity something was ignored")
		}
	})
}

// What a page's address says of a user and password is not kept.
func TestPageWithUser(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		in := w.chat("hello")
		in.PageURL = "https://ada:secret@shop.example/a@b?c=d@e#f"
		c, err := w.StartChat(me, in)
		if w.ok(err); c.OriginURL != "https://shop.example/a@b?c=d@e#f" {
			w.t.Errorf("began on %s", c.OriginURL)
		}
		_, err = w.TrackPage(me, visitor.TrackPageViewInput{URL: "https://ada@shop.example"})
		w.ok(err)
		pages, err := w.Store.Client(w.System).PageView.Query().All(w.System)
		if w.ok(err); len(pages) != 1 || pages[0].URL != "https://shop.example" {
			w.t.Errorf("%+v", pages)
		}
	})
}
