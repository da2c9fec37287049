package visitor_test

import (
	"context"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func (w *world) capture(me context.Context, email string, facts ...string) *ent.Visitor {
	w.t.Helper()
	in := visitor.CaptureVisitorEmailInput{Email: email}
	if len(facts) > 0 {
		in.Name, in.Phone = &facts[0], &facts[1]
	}
	v, err := w.CaptureEmail(me, in)
	w.ok(err)
	return v
}

func (w *world) contactOf(contactID string) *ent.Contact {
	w.t.Helper()
	c, err := w.Store.Client(w.System).Contact.Get(w.System, contactID)
	w.ok(err)
	return c
}

func (w *world) suggested(c *ent.Conversation) map[string]string {
	w.t.Helper()
	lists, err := w.SuggestedOf(w.Agent(0), []*ent.Conversation{w.conversation(c.ID)})
	w.ok(err)
	said := map[string]string{}
	for _, p := range lists[0] {
		said[p.Property] = p.Value
	}
	return said
}

// trust has the account take typed addresses for proved.
func (w *world) trust() {
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Account.UpdateOneID(w.AccountID).SetTrustTypedAddresses(true).Exec(ctx)
	})
}

// CH-5: a corrected address, and a proof, move the open chats that the visitor's own typing
// linked; never one whose contact an agent set or removed, nor a closed one.
func TestChatsFollowACorrectedAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		me := w.as(session)
		typo := w.capture(me, "tpyo@example.net").ContactID
		running, closed, linked, unlinked := w.startChat(me, "a"), w.startChat(me, "b"), w.startChat(me, "c"), w.startChat(me, "d")
		check.Same(t, w.conversation(running.ID).ContactID, typo)
		_, err := w.conversations.Close(w.Agent(0), conversation.CloseConversationInput{Target: conversation.On(closed.ID)})
		w.ok(err)
		_, err = w.conversations.LinkContact(w.Agent(0), conversation.LinkContactInput{Target: conversation.On(linked.ID), ContactID: w.ContactID})
		w.ok(err)
		_, err = w.conversations.UnlinkContact(w.Agent(0), conversation.UnlinkContactInput{Target: conversation.On(unlinked.ID)})
		w.ok(err)

		contacts := func() []string {
			var list []string
			for _, c := range []*ent.Conversation{running, closed, linked, unlinked} {
				list = append(list, w.conversation(c.ID).ContactID)
			}
			return list
		}
		right := w.capture(me, "typo@example.net").ContactID
		check.Same(t, contacts(), []string{right, typo, w.ContactID, ""})

		proved := w.start(session.Token, w.identity(jwt.MapClaims{"sub": "42", "email": "proved@example.net"}))
		check.Same(t, contacts(), []string{proved.Visitor.ContactID, typo, w.ContactID, ""})
		again := w.capture(w.as(proved), "else@example.net") // a proof is not undone by typing
		check.Same(t, []string{again.ContactID, again.Email}, []string{proved.Visitor.ContactID, "proved@example.net"})
	})
}

// CH-5: an identity stays one contact, whatever its address becomes; one that another
// contact has stays there.
func TestOneIdentityIsOneContact(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		first := w.start("", w.identity(jwt.MapClaims{"sub": "42", "email": "old@example.net"})).Visitor
		second := w.start("", w.identity(jwt.MapClaims{"sub": "42", "email": "new@example.net"})).Visitor
		check.Same(t, []string{second.ContactID, second.Email, w.contactOf(first.ContactID).Email}, []string{first.ContactID, "new@example.net", "new@example.net"})
		third := w.start("", w.identity(jwt.MapClaims{"sub": "42", "email": "dora@example.net"})).Visitor
		check.Same(t, []string{third.ContactID, w.contactOf(w.ContactID).Email, w.contactOf(first.ContactID).Email},
			[]string{first.ContactID, "dora@example.net", "new@example.net"})

		// One without an address takes a typed one, and then the proved one.
		bare := w.start("", w.identity(jwt.MapClaims{"sub": "43"}))
		typed := w.capture(w.as(bare), "typed@example.net").ContactID
		proved := w.start("", w.identity(jwt.MapClaims{"sub": "43", "email": "real@example.net"})).Visitor
		if proved.ContactID == typed || w.contactOf(proved.ContactID).Email != "real@example.net" {
			t.Errorf("%+v", proved)
		}
	})
}

// CH-9: what a visitor with a typed address says is suggested to agents, accepted by them,
// and written by itself once it is proved.
func TestClaimedIsNotProved(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		news := w.news()
		w.regulate(vocab.Consent{Processing: vocab.ConsentNone, CommunicationText: "News?", SubscriptionTypeID: news}, vocab.CaptureNever)
		before := w.contactOf(w.ContactID)
		session := w.start("", "")
		me := w.as(session)
		w.capture(me, "dora@example.net", "Mallory", "+1 555")
		in := w.chat("hello")
		in.CommunicationConsent = new(true)
		c, err := w.StartChat(me, in)
		w.ok(err)
		check.Same(t, w.suggested(c), map[string]string{"name": "Mallory", "phone": "+1 555", "optIn": news})
		after := w.contactOf(w.ContactID)
		check.Same(t, []string{after.Name, after.Phone}, []string{before.Name, before.Phone})
		for _, r := range w.consents() {
			if consent.Applies(r) {
				t.Errorf("%+v applies", r)
			}
		}

		_, err = w.AcceptSuggestedProperties(w.Agent(0), visitor.AcceptSuggestedPropertiesInput{ConversationID: c.ID, Properties: []string{"phone", "shoe size"}})
		w.fails(err, errs.NotFound, "properties.1")
		_, err = w.AcceptSuggestedProperties(w.Agent(0), visitor.AcceptSuggestedPropertiesInput{ConversationID: w.ConversationIDs[2]})
		w.fails(err, errs.NotFound, "conversationId") // of another inbox
		revision := w.conversation(c.ID).Revision
		got, err := w.AcceptSuggestedProperties(w.Agent(0), visitor.AcceptSuggestedPropertiesInput{ConversationID: c.ID, Properties: []string{"phone"}})
		if w.ok(err); got.Revision <= revision {
			t.Errorf("revision %d, then %d", revision, got.Revision)
		}
		check.Same(t, w.contactOf(w.ContactID).Phone, "+1 555")
		check.Same(t, w.suggested(c), map[string]string{"name": "Mallory", "optIn": news})

		w.start(session.Token, w.identity(jwt.MapClaims{"sub": "42", "email": "dora@example.net"}))
		check.Same(t, w.contactOf(w.ContactID).Name, "Mallory")
		check.Same(t, w.suggested(c), map[string]string{})
		if list := w.consents(); !consent.Applies(list[len(list)-1]) {
			t.Error("the opt-in does not apply")
		}
	})
}

// CH-9: a contact that the visitor's own typing made takes all at once; so does any where
// the account trusts typed addresses. CR-10: and is seen.
func TestClaimsThatAreWritten(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "hello")
		own := w.contactOf(w.capture(me, "own@example.net", "Olga", "1").ContactID)
		check.Same(t, []any{own.Name, own.Phone, own.LastSeenAt}, []any{"Olga", "1", w.Store.Now()})
		w.capture(me, "own@example.net", "Olga O", "2")
		own = w.contactOf(own.ID)
		check.Same(t, []string{own.Name, own.Phone}, []string{"Olga O", "2"})
		check.Same(t, w.suggested(c), map[string]string{})

		w.trust()
		other := w.as(w.start("", ""))
		w.capture(other, "dora@example.net", "Dora D", "3")
		check.Same(t, w.contactOf(w.ContactID).Name, "Dora D")
	})
}

// CH-9, TM-2, TM-4: who typed an address sees nothing that is for its contact: no message
// for a list, no owner.
func TestWhatATypedAddressShows(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		list := id.New(id.ContactList)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.ContactList.Create().SetID(list).SetName("VIP").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			if err := tx.Client.ContactListMember.Create().SetID(id.New("listmember")).SetListID(list).SetContactID(w.ContactID).Exec(ctx); err != nil {
				return err
			}
			return tx.Client.Contact.UpdateOneID(w.ContactID).SetOwnerID(w.AgentIDs[0]).Exec(ctx)
		})
		update := func(s targeting.Settings) {
			_, err := w.targeting.Update(w.Admin, targeting.UpdateTargetedMessageInput{TargetedMessageID: w.shown.ID, Settings: s})
			w.ok(err)
		}
		update(targeting.Settings{Heading: opt.Of(vocab.Heading{Kind: vocab.HeadingContactOwner, FallbackID: w.AdminID})})
		session := w.start("", "")
		w.capture(w.as(session), "dora@example.net")
		head := func(me context.Context) string {
			shown, err := w.Show(me, key(w.ChannelIDs[0]), "https://shop.example", false, "")
			if w.ok(err); shown.TargetedMessage == nil {
				return ""
			}
			return shown.TargetedMessage.Heading.People[0].ID
		}
		check.Same(t, head(w.as(session)), w.AdminID)
		update(targeting.Settings{Audience: opt.Of(vocab.AudienceLists), IncludeListIDs: opt.List(list)})
		check.Same(t, head(w.as(session)), "")
		_, err := property.New(w.Store).Create(w.Admin, property.CreatePropertyInput{Object: vocab.PropertyOfContact, Name: "tier", Kind: vocab.TextProperty})
		w.ok(err)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := property.Set(ctx, tx, vocab.PropertyOfContact, w.ContactID, []property.PropertyValueInput{{Name: "tier", Text: opt.Of("Gold")}})
			return err
		})
		gold := &vocab.PropertyCondition{Name: "tier", AnyOf: []string{"gold"}}
		toGold := targeting.Settings{Audience: opt.Of(vocab.AudienceEveryone), IncludeListIDs: opt.List[string](), ContactProperties: opt.List(gold)}
		update(toGold) // CR-11
		check.Same(t, head(w.as(session)), "")
		w.trust()
		check.Same(t, head(w.as(session)), w.AgentIDs[0])
		update(targeting.Settings{Audience: opt.Of(vocab.AudienceLists), IncludeListIDs: opt.List(list), ContactProperties: opt.List[*vocab.PropertyCondition]()})
		check.Same(t, head(w.as(session)), w.AgentIDs[0])
	})
}

// TM-8: once consent to process is withdrawn, nothing more is taken from the visitor until
// they consent again.
func TestNothingAfterWithdrawal(t *testing.T) {
	t.Parallel()
	for _, mode := range []vocab.ConsentMode{vocab.ConsentExplicit, vocab.ConsentLegitimateInterest} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			each(t, func(w *world) {
				w.regulate(vocab.Consent{Processing: mode, ProcessingText: "We keep it."}, vocab.CaptureNever)
				me := w.as(w.start("", ""))
				in := w.chat("hello")
				in.Consent = new(true)
				c, err := w.StartChat(me, in)
				w.ok(err)
				w.send(me, c.ID, "more")
				_, err = consent.New(w.Store).Withdraw(me, consent.WithdrawConsentInput{Consents: consent.ConsentSelection{Kind: new(vocab.ConsentProcess)}})
				w.ok(err)
				w.nothing(func() {
					_, err = w.SendMessage(me, visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "more"})
					w.fails(err, errs.ConsentRequired, "consent")
					_, err = w.CaptureEmail(me, visitor.CaptureVisitorEmailInput{Email: "a@example.net"})
					w.fails(err, errs.ConsentRequired, "consent")
					w.fails(visitor.MayUpload(w.Store)(me), errs.ConsentRequired, "consent")
					_, err = w.StartChat(me, w.chat("again"))
					w.fails(err, errs.ConsentRequired, "consent")
				})
				_, err = w.conversations.Close(w.Agent(0), conversation.CloseConversationInput{Target: conversation.On(c.ID)})
				w.ok(err)
				_, err = w.RecordConsent(me, visitor.RecordVisitorConsentInput{TargetedMessageID: w.shown.ID, Consent: new(true), PageURL: "https://shop.example"})
				w.ok(err)
				w.send(me, c.ID, "more")
			})
		})
	}
}

// IN-20: what is written into a purged chat begins a new one, for its own visitor alone.
func TestWriteIntoAPurgedChat(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		me := w.as(session)
		c := w.startChat(me, "hello")
		_, err := w.conversations.Delete(w.Admin, conversation.DeleteConversationInput{Target: conversation.On(c.ID)})
		w.ok(err)
		_, err = w.conversations.Purge(w.Admin, conversation.PurgeConversationInput{Target: conversation.On(c.ID)})
		w.ok(err)
		in := visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "still there?", IdempotencyKey: new("k")}
		w.nothing(func() {
			_, err := w.SendMessage(w.Visitor(0), in)
			w.fails(err, errs.NotFound, "conversationId")
		})
		sent, err := w.SendMessage(me, in)
		if w.ok(err); sent.Conversation.ID == c.ID || sent.Conversation.TargetedMessageID != c.TargetedMessageID || sent.Message.ConversationID != sent.Conversation.ID {
			t.Errorf("%+v", sent.Conversation)
		}
		again, err := w.SendMessage(me, in)
		if w.ok(err); again.Message.ID != sent.Message.ID {
			t.Error("the replay wrote again")
		}
		proved := w.start(session.Token, w.identity(jwt.MapClaims{"sub": "42"}))
		_, err = w.SendMessage(w.as(proved), visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "it is me"})
		w.ok(err)
	})
}
