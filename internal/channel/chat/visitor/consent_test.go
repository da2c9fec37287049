package visitor_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// regulate turns the account's gdprEnabled on, and has the message ask for
// consent and for an address before the chat.
func (w *world) regulate(c vocab.Consent, capture vocab.CaptureTiming) {
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Account.UpdateOneID(w.AccountID).SetGdprEnabled(true).Exec(ctx)
	})
	w.ask(c, capture)
}

func (w *world) ask(c vocab.Consent, capture vocab.CaptureTiming) {
	w.t.Helper()
	m, err := w.targeting.Update(w.Admin, targeting.UpdateTargetedMessageInput{
		TargetedMessageID: w.shown.ID,
		Settings:          targeting.Settings{Consent: opt.Of(c), EmailCapture: opt.Of(vocab.EmailCapture{Timing: capture})},
	})
	w.ok(err)
	w.shown = m
}

func (w *world) news() string {
	w.t.Helper()
	t, err := consent.New(w.Store).CreateType(w.Admin, consent.CreateContactSubscriptionTypeInput{Name: "News"})
	w.ok(err)
	return t.ID
}

func (w *world) consents() []*ent.ConsentRecord {
	w.t.Helper()
	all, err := w.Store.Client(w.System).ConsentRecord.Query().Order(consentrecord.ByID()).All(w.System)
	w.ok(err)
	return all
}

// TM-8: welcome, consent, address, message: in this order, by the API itself.
func TestConsentComesFirst(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		explicit := vocab.Consent{Processing: vocab.ConsentExplicit, ProcessingText: "May we?"}
		w.regulate(explicit, vocab.CaptureBeforeChat)
		session := w.start("", "")
		me := w.as(session)
		w.nothing(func() {
			in := w.chat("hello")
			_, err := w.StartChat(me, in)
			w.fails(err, errs.ConsentRequired, "consent")
			in.Email, in.Consent = new("eve@example.com"), new(false)
			_, err = w.StartChat(me, in)
			w.fails(err, errs.ConsentRequired, "consent")
			_, err = w.CaptureEmail(me, visitor.CaptureVisitorEmailInput{Email: "eve@example.com"})
			w.fails(err, errs.ConsentRequired, "consent")
			in = w.chat("hello")
			in.Consent = new(true)
			_, err = w.StartChat(me, in)
			w.fails(err, errs.EmailRequired, "email")
			if len(w.consents()) != 0 {
				w.t.Error("a chat that was refused left a consent")
			}
		})
		in := w.chat("hello")
		in.Consent, in.Email = new(true), new("eve@example.com")
		c, err := w.StartChat(me, in)
		w.ok(err)
		given := w.consents()
		if len(given) != 1 {
			w.t.Fatal(given)
		}
		g := given[0]
		want := []any{
			vocab.ConsentProcess, vocab.BasisExplicit, "May we?", consent.Version("May we?"), in.PageURL, w.Store.Now(),
			session.Visitor.ID, c.ID, w.conversation(c.ID).ContactID,
		}
		got := []any{g.Kind, g.Basis, g.Text, g.TextVersion, g.PageURL, g.GivenAt, g.VisitorID, g.ConversationID, g.ContactID}
		if diff := cmp.Diff(want, got); diff != "" {
			w.t.Error(diff)
		}
		w.startChat(me, "again") // holds for the text, address known

		explicit.ProcessingText = "May we do more?"
		w.ask(explicit, vocab.CaptureNever)
		_, err = w.StartChat(me, w.chat("another text"))
		w.fails(err, errs.ConsentRequired, "consent")
		in = w.chat("under the terms that I was shown")
		in.TargetedMessageVersion = new(w.shown.Version - 1)
		_, err = w.StartChat(me, in)
		w.ok(err)
		w.clock.Advance(targeting.Grace)
		_, err = w.StartChat(me, in)
		w.fails(err, errs.ConsentRequired, "consent")
		if n := len(w.consents()); n != 1 {
			w.t.Errorf("%d consents", n)
		}
	})
}

// TM-8: nothing is asked, and nothing kept, while gdprEnabled is off.
func TestConsentIsNotAskedFor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.ask(vocab.Consent{Processing: vocab.ConsentExplicit, ProcessingText: "May we?"}, vocab.CaptureNever)
		in := w.chat("hello")
		in.Consent = new(true)
		_, err := w.StartChat(w.as(w.start("", "")), in)
		w.ok(err)
		_, err = w.CaptureEmail(w.as(w.start("", "")), visitor.CaptureVisitorEmailInput{Email: "eve@example.com"})
		w.ok(err)
		if n := len(w.consents()); n != 0 {
			w.t.Errorf("%d consents", n)
		}
	})
}

// TM-8: legitimate interest is implied by chatting; the opt-in comes with the
// first message, may be declined, and applies once an address is known.
func TestOptIn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		news := w.news()
		w.regulate(vocab.Consent{
			Processing: vocab.ConsentLegitimateInterest, ProcessingText: "We keep this.", CommunicationText: "News?", SubscriptionTypeID: news,
		}, vocab.CaptureAfterFirstMessage)
		declines := w.as(w.start("", ""))
		w.startChat(declines, "no news, please")
		if all := w.consents(); len(all) != 1 || all[0].Basis != vocab.BasisLegitimateInterest {
			w.t.Fatal(all)
		}
		me := w.as(w.start("", ""))
		_, err := w.RecordConsent(me, visitor.RecordVisitorConsentInput{TargetedMessageID: w.shown.ID, CommunicationConsent: new(true), PageURL: "https://shop.example"})
		w.ok(err)
		if n := len(w.consents()); n != 1 {
			w.t.Errorf("%d consents before the first message", n)
		}
		in := w.chat("news, please")
		in.CommunicationConsent = new(true)
		_, _, _, before := w.count()
		_, err = w.StartChat(me, in)
		w.ok(err)
		optIn := func() *ent.ConsentRecord {
			all := w.consents()
			return all[len(all)-1]
		}
		if o := optIn(); o.Kind != vocab.ConsentCommunicate || o.SubscriptionTypeID != news || consent.Applies(o) {
			w.t.Errorf("%+v", o)
		}
		want := []vocab.EventType{vocab.ConsentRecorded, vocab.ConsentRecorded, vocab.ConversationCreated, vocab.MessageCreated}
		if diff := cmp.Diff(want, w.since(before)); diff != "" {
			w.t.Error(diff)
		}
		_, err = w.CaptureEmail(me, visitor.CaptureVisitorEmailInput{Email: "eve@example.com"})
		w.ok(err)
		if o := optIn(); !consent.Applies(o) || o.ContactID == "" {
			w.t.Errorf("%+v", o)
		}
		counts, err := w.targeting.Counts(w.Admin, []*ent.TargetedMessage{w.shown})
		if diff := cmp.Diff([]*targeting.Tally{{Chats: 2, Emails: 1}}, counts); diff != "" || err != nil {
			w.t.Error(diff, err)
		}
	})
}

// TM-8: a visitor takes back their own consents alone, and is then asked again;
// staff opt contacts out, and the refusal is kept.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ledger, news := consent.New(w.Store), w.news()
		w.regulate(vocab.Consent{
			Processing: vocab.ConsentExplicit, ProcessingText: "May we?", CommunicationText: "News?", SubscriptionTypeID: news,
		}, vocab.CaptureNever)
		me, other := w.as(w.start("", "")), w.as(w.start("", ""))
		for _, who := range []context.Context{me, other} {
			_, err := w.RecordConsent(who, visitor.RecordVisitorConsentInput{TargetedMessageID: w.shown.ID, Consent: new(true), PageURL: "https://shop.example"})
			w.ok(err)
		}
		in := w.chat("hello")
		in.CommunicationConsent, in.Email = new(true), new("eve@example.com")
		c, err := w.StartChat(me, in)
		w.ok(err)
		theirs := w.consents()[1].ID
		_, err = ledger.Withdraw(me, consent.WithdrawConsentInput{Consents: consent.ConsentSelection{ConsentID: &theirs}})
		w.fails(err, errs.NotFound, "consents.consentId")
		_, err = ledger.Withdraw(me, consent.WithdrawConsentInput{})
		w.fails(err, errs.Required, "consents")

		w.clock.Advance(time.Minute)
		gone, err := ledger.Withdraw(me, consent.WithdrawConsentInput{Consents: consent.ConsentSelection{Kind: new(vocab.ConsentProcess)}})
		if w.ok(err); len(gone) != 1 || gone[0].WithdrawnAt != w.Store.Now() {
			w.t.Error(gone)
		}
		_, err = w.StartChat(me, w.chat("again"))
		w.fails(err, errs.ConsentRequired, "consent")
		w.startChat(other, "hello")

		contactID := w.conversation(c.ID).ContactID
		_, _, _, before := w.count()
		for _, person := range []string{contactID, w.ContactID, contactID} {
			_, err = ledger.OptOut(w.Agent(0), consent.OptOutContactInput{ContactID: person, ContactSubscriptionTypeID: &news})
			w.ok(err)
		}
		if diff := cmp.Diff([]vocab.EventType{vocab.ConsentWithdrawn, vocab.ConsentWithdrawn}, w.since(before)); diff != "" {
			w.t.Error(diff)
		}
		lists, err := ledger.OfContacts(w.Agent(0), []*ent.Contact{{ID: contactID}, {ID: w.ContactID}}, paging.PageArgs{})
		if w.ok(err); len(lists[0].Edges) != 2 || len(lists[1].Edges) != 1 || consent.Applies(lists[0].Nodes()[1]) || consent.Applies(lists[1].Nodes()[0]) {
			w.t.Errorf("%v", lists)
		}
		_, err = ledger.OptOut(me, consent.OptOutContactInput{ContactID: contactID})
		w.fails(err, errs.Forbidden, "")
		_, err = ledger.OptOut(w.Admin, consent.OptOutContactInput{ContactID: contactID, ContactSubscriptionTypeID: new(id.New(id.SubscriptionType))})
		w.fails(err, errs.NotFound, "contactSubscriptionTypeId")
	})
}

// TM-4, TM-5, TM-8: the widget says what to ask for, until it was answered.
func TestWidgetAsks(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.regulate(vocab.Consent{Processing: vocab.ConsentExplicit, ProcessingText: "May we?"}, vocab.CaptureBeforeChat)
		me := w.as(w.start("", ""))
		show := func() *visitor.Message {
			w.t.Helper()
			got, err := w.Show(me, key(w.ChannelIDs[0]), "https://shop.example", false, "de-AT")
			if w.ok(err); got.Direction() != vocab.LeftToRight || len(got.Texts()) == 0 || got.LauncherHidden || got.Availability.State != vocab.StateAvailable {
				w.t.Errorf("%+v", got)
			}
			return got.TargetedMessage
		}
		if m := show(); m.Consent().Processing.Accepted || !m.EmailCapture().Needed || m.Consent().Communication != nil {
			w.t.Errorf("%+v", m)
		}
		in := w.chat("hello")
		in.Consent, in.Email = new(true), new("eve@example.com")
		_, err := w.StartChat(me, in)
		w.ok(err)
		if m := show(); !m.Consent().Processing.Accepted || m.EmailCapture().Needed {
			w.t.Errorf("%+v", m)
		}
		_, err = w.targeting.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: w.shown.ID, Settings: targeting.Settings{
			Display: opt.Of(vocab.Display{SmallScreen: vocab.SmallScreenHidden}),
			Rules:   opt.List(&vocab.Targeting{Operator: vocab.OpIs, Value: "/here"}),
		}})
		w.ok(err)
		for _, tc := range []struct {
			who    context.Context
			page   string
			small  bool
			hidden bool
		}{
			{me, "https://shop.example/here", true, true}, {me, "https://shop.example/here", false, false},
			{me, "https://shop.example/there", true, false}, // they have chats to go on with
			{w.as(w.start("", "")), "https://shop.example/there", false, true},
		} {
			got, err := w.Show(tc.who, key(w.ChannelIDs[0]), tc.page, tc.small, "")
			if w.ok(err); got.LauncherHidden != tc.hidden {
				w.t.Errorf("%s, small %v: hidden %v", tc.page, tc.small, got.LauncherHidden)
			}
		}
	})
}

// CR-1, CR-6: the last 100 pages are kept, and a visitor who is identified takes
// along what they did before.
func TestTraces(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.regulate(vocab.Consent{Processing: vocab.ConsentExplicit, ProcessingText: "May we?"}, vocab.CaptureNever)
		session := w.start("", "")
		me := w.as(session)
		for i := range 103 {
			w.clock.Advance(time.Second)
			for range 2 {
				_, err := w.TrackPage(me, visitor.TrackPageViewInput{URL: "https://shop.example/" + string(rune('a'+i%26)) + "#x", Title: new(" A  title ")})
				w.ok(err)
			}
		}
		pages, err := w.PageViews(w.Agent(0), []*ent.Visitor{session.Visitor}, paging.PageArgs{First: new(100)})
		if w.ok(err); pages[0].PageInfo.HasNextPage || len(pages[0].Edges) != 100 || pages[0].Nodes()[0].URL != "https://shop.example/y" || pages[0].Nodes()[0].Title != "A title" {
			w.t.Errorf("%d pages, last %+v", len(pages[0].Edges), pages[0].Nodes()[0])
		}
		_, err = w.TrackPage(me, visitor.TrackPageViewInput{URL: "about:blank"})
		w.fails(err, errs.Invalid, "url")
		_, err = w.RecordConsent(me, visitor.RecordVisitorConsentInput{TargetedMessageID: w.shown.ID, Consent: new(true), PageURL: "https://shop.example"})
		w.ok(err)

		known := w.start(session.Token, w.identity(map[string]any{"sub": "eve", "email": "eve@example.com"}))
		pages, err = w.PageViews(w.Agent(0), []*ent.Visitor{known.Visitor}, paging.PageArgs{First: new(100)})
		if w.ok(err); len(pages[0].Edges) != 100 {
			w.t.Errorf("%d pages", len(pages[0].Edges))
		}
		w.startChat(w.as(known), "hello") // agreed before
		if c := w.consents()[0]; c.ContactID == "" || c.VisitorID != known.Visitor.ID {
			w.t.Errorf("%+v", c)
		}
	})
}
