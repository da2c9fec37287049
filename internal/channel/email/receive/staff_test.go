package receive_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"parley/ent"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// authentic is what the server in front says of mail whose sender it confirms.
const authentic = "Authentication-Results: mx.shop.example; dkim=pass header.d=%s\n"

// staff gives the second agent, who is a member of the inbox, a mailbox of their own.
func (w *world) staff(address string) {
	w.T.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.PersonalMailbox.Create().SetID(id.New(id.PersonalMailbox)).SetUserID(w.AgentIDs[1]).SetAddress(address).
			SetProvider(vocab.EmailIMAP).SetCreatedAt(tx.Now()).Exec(ctx)
	})
}

// last is the last message of a conversation, and its mail.
func (w *world) last(c *ent.Conversation) (*ent.Message, *ent.Email) {
	w.T.Helper()
	all := w.messagesOf(c)
	m := all[len(all)-1]
	return m, check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(w.T)
}

// EM-9: a colleague answers from a mailbox of their own: with the contact on it that is an
// answer, else a note. Only a server that is trusted makes it so.
func TestStaffAnswersFromOwnMailbox(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.staff("kim@home.example")
		customer := w.comes("From: Uma <uma@x.example>\nTo: support@shop.example\nSubject: Lamp\n", "Hello")
		answer := func(fields string) (*ent.Message, *ent.Email) {
			t.Helper()
			c := w.comes(fields+"In-Reply-To: <m1@x.example>\nSubject: Re: Lamp\n", "An answer by "+fmt.Sprint(w.count))
			if c.ID != customer.ID && !strings.Contains(fields, "forged") {
				t.Fatalf("it began %s", c.ID)
			}
			return w.last(c)
		}
		confirmed := fmt.Sprintf(authentic, "home.example")
		m, e := answer(confirmed + "From: Kim <kim@home.example>\nTo: uma@x.example\nCc: support@shop.example, bob@x.example\n")
		check.Same(t, []any{m.Direction, m.AuthorID, m.Delivery, receive.SentBy(e), e.UserID}, []any{vocab.Outgoing, w.AgentIDs[1], vocab.DeliverySent, vocab.SentByExternal, w.AgentIDs[1]})
		row := w.Row(customer.ID)
		check.Same(t, []any{row.WaitingSince > row.ActivityAt, row.FirstRespondedBy, conversation.AwaitedOf(row)}, []any{true, w.AgentIDs[1], vocab.WaitingOnContact})
		check.Same(t, w.answered(customer), "uma@x.example") // not the colleague

		m, _ = answer(confirmed + "From: Kim <kim@home.example>\nTo: support@shop.example\n")
		check.Same(t, []any{m.Direction, m.AuthorID, m.VisibleNumber}, []any{vocab.Note, w.AgentIDs[1], 0})

		for name, fields := range map[string]string{
			"no results":           "From: Kim <kim@home.example>\nTo: uma@x.example\nCc: support@shop.example\nX-Of: forged\n",
			"another's signature":  "Authentication-Results: mx.shop.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=evil.example\nFrom: Kim <kim@home.example>\nTo: uma@x.example\nX-Of: forged 2\n",
			"an untrusted server":  "Authentication-Results: mx.evil.example; dmarc=pass\nFrom: Kim <kim@home.example>\nTo: uma@x.example\nX-Of: forged 3\n",
			"results further down": "Authentication-Results: mx.evil.example; dmarc=pass\nAuthentication-Results: mx.shop.example; dmarc=pass\nFrom: Kim <kim@home.example>\nTo: uma@x.example\nX-Of: forged 4\n",
		} {
			m, e := answer(fields)
			check.Same(t, []any{name, m.Direction, e.UserID, receive.SentBy(e)}, []any{name, vocab.Incoming, "", vocab.EmailSentBy("")})
			if !slices.ContainsFunc(e.Verdict.Problems, func(p vocab.MailProblem) bool { return p.Code == vocab.MailUnverifiedStaff }) {
				t.Errorf("%s: problems are %v", name, e.Verdict.Problems)
			}
		}
		// Out of office is no one's word.
		m, _ = answer(confirmed + "From: Kim <kim@home.example>\nTo: uma@x.example\nAuto-Submitted: auto-replied\nX-Of: forged 5\n")
		check.Same(t, m.Direction, vocab.Incoming)
		// Who is no member any more is like anyone.
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.User.UpdateOneID(w.AgentIDs[1]).SetDeactivatedAt(tx.Now()).Exec(ctx)
		})
		m, _ = answer(confirmed + "From: Kim <kim@home.example>\nTo: uma@x.example\nX-Of: forged 6\n")
		check.Same(t, m.Direction, vocab.Incoming)
	})
}

// EM-9: what a colleague forwards is its author's, whose address is typed and not proved; an
// answer goes to them, and not to the colleague.
func TestStaffForwardsCustomersMail(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.staff("kim@home.example")
		confirmed := fmt.Sprintf(authentic, "home.example")
		for name, body := range map[string]string{
			"gmail":       "Can you help?\n\n---------- Forwarded message ---------\nFrom: Uma Ortiz <uma@x.example>\nDate: Mon, Jan 5, 2026\nSubject: Lamp\nTo: <kim@home.example>\n\nIt is broken.",
			"outlook":     "-----Original Message-----\nFrom: Uma Ortiz <uma@x.example>\nSent: Monday, January 5, 2026\nTo: Kim\nSubject: Lamp\n\nIt is broken.",
			"apple":       "Begin forwarded message:\n\n> From: Uma Ortiz <uma@x.example>\n> Subject: Lamp\n> Date: 5 January 2026\n> To: kim@home.example\n>\n> It is broken.",
			"in German":   "-------- Weitergeleitete Nachricht --------\nBetreff: Lampe\nDatum: Mon, 5 Jan 2026\nVon: Uma Ortiz <uma@x.example>\nAn: kim@home.example\n\nKaputt.",
			"no brackets": "---------- Forwarded message ---------\n*From:* uma@x.example [mailto:uma@x.example]\n*Sent:* today\n\nIt is broken.",
		} {
			c := w.comes(confirmed+"From: Kim <kim@home.example>\nTo: support@shop.example\nSubject: Fwd: Lamp\n", body)
			m, e := w.last(c)
			check.Same(t, []any{name, strings.HasSuffix(w.contact(c), "uma@x.example"), m.Direction, m.AuthorID, e.Typed, e.UserID}, []any{name, true, vocab.Incoming, c.ContactID, true, w.AgentIDs[1]})
			check.Same(t, []any{name, w.answered(c)}, []any{name, "uma@x.example"})
		}
		looking := w.comes(confirmed+"From: Kim <kim@home.example>\nTo: support@shop.example\nSubject: Lamps\n", "I look forward to it.\n\n-----Original Message-----\nFrom: Eve <eve@x.example>\nSent: today\nTo: Kim\n\nBuy.")
		check.Same(t, w.contact(looking), "Kim kim@home.example")
		unproved := w.comes("From: Kim <kim@home.example>\nTo: support@shop.example\nSubject: Fwd: Lamp\n", "---------- Forwarded message ---------\nFrom: Boss <boss@bank.example>\nSubject: Pay\nTo: Kim\n\nPay.")
		check.Same(t, w.contact(unproved), "Kim kim@home.example")
	})
}

// EM-10: who writes by a contact form is the contact, and the mail is not filtered; newsletters
// and machines that name someone else are.
func TestContactForm(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct{ fields, contact, filtered string }{
			"a form":            {"From: Shop <noreply@site.example>\nReply-To: Uma <uma@x.example>", "Uma uma@x.example", ""},
			"an office's":       {"From: sales@site.example\nReply-To: bob@x.example", "bob@x.example", ""},
			"to a role":         {"From: noreply@site.example\nReply-To: support@site.example", "noreply@site.example", "ROLE_ADDRESS"},
			"to two":            {"From: noreply2@site.example\nReply-To: eve@x.example, max@x.example", "noreply2@site.example", "ROLE_ADDRESS"},
			"to itself":         {"From: noreply3@site.example\nReply-To: noreply3@site.example", "noreply3@site.example", "ROLE_ADDRESS"},
			"to us":             {"From: noreply4@site.example\nReply-To: support@shop.example", "noreply4@site.example", "ROLE_ADDRESS"},
			"a newsletter":      {"From: news@site.example\nReply-To: ann@site.example\nList-Unsubscribe: <https://site.example/u>", "news@site.example", "ROLE_ADDRESS PROMOTIONAL"},
			"answers by itself": {"From: noreply5@site.example\nReply-To: ann@site.example\nAuto-Submitted: auto-replied", "noreply5@site.example", "ROLE_ADDRESS AUTO_REPLY"},
		} {
			conversation := w.comes(c.fields+"\nTo: support@shop.example\nSubject: "+name+"\n", "Hello")
			got := []string{}
			for _, r := range conversation.Filtered.List() {
				got = append(got, string(r))
			}
			check.Same(t, []any{name, w.contact(conversation), strings.Join(got, " ")}, []any{name, c.contact, c.filtered})
		}
	})
}

// EM-9, EM-10: a name that is typed into a form joins no thread and lifts no block.
func TestTypedIsNotProved(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.comes("From: Uma <uma@x.example>\nTo: support@shop.example\nSubject: Lamp\n", "Hello")
		form := w.comes("From: noreply@evil.example\nReply-To: uma@x.example\nTo: support@shop.example\nIn-Reply-To: <m1@x.example>\nSubject: Re: Lamp\n", "Pay me")
		check.Same(t, []any{form.ID == first.ID, form.PossiblyRelatedID, w.contact(form)}, []any{false, first.ID, "Uma uma@x.example"})
		check.Must(w.Desk.BlockSender(w.Agent(1), conversation.BlockConversationSenderInput{Target: conversation.On(form.ID)}))(t)
		again := w.comes("From: noreply@evil.example\nReply-To: uma@x.example\nTo: support@shop.example\nSubject: Again\n", "Pay me twice")
		check.Same(t, again.Filtered.Has(vocab.ReasonBlockedSender), true)
	})
}

// EM-10: what a provider asks before it forwards is never filtered, and shows on the channel.
func TestForwardingConfirmation(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const gmail = "From: Gmail Team <forwarding-noreply@google.com>\nTo: support@shop.example\nSubject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from uma@firm.example\nPrecedence: bulk\n"
		const body = "uma@firm.example has requested to automatically forward mail to your email\naddress support@shop.example.\nConfirmation code: 123456789\n\nplease click the link below to confirm the request:\n\nhttps://mail-settings.google.com/mail/vf-%5BANGjdJ8abcdefghijk%5D-Xyz\n"
		c := w.comes(gmail, body)
		w.filtered("a confirmation", c.ID, "")
		channel := check.Must(w.Store.Client(w.System).EmailChannel.Get(w.System, w.Support.ID))(t)
		got := channel.Confirmation
		check.Same(t, got.ReceivedAt.IsSet(), true)
		got.ReceivedAt = 0
		check.Same(t, got, vocab.ForwardingConfirmation{Provider: "google.com", Mailbox: "uma@firm.example", Code: "123456789", URL: "https://mail-settings.google.com/mail/vf-%5BANGjdJ8abcdefghijk%5D-Xyz"})
		w.reclassifies()
		w.filtered("judged again", c.ID, "")
		forged := w.comes("Authentication-Results: mx.shop.example; dmarc=fail\n"+gmail, body)
		w.filtered("a forged one", forged.ID, "SPAM ROLE_ADDRESS PROMOTIONAL")
		phish := w.comes("From: forwarding-noreply@google.com.evil.example\nTo: support@shop.example\nSubject: (#999999) Gmail Forwarding Confirmation\n", "https://evil.example/mail/vf-ANGjdJ8abcdefghijk")
		w.filtered("another's", phish.ID, "ROLE_ADDRESS")
		check.Same(t, check.Must(w.Store.Client(w.System).EmailChannel.Get(w.System, w.Support.ID))(t).Confirmation.Code, "123456789")
		w.purges(c.ID)
		check.Same(t, check.Must(w.Store.Client(w.System).EmailChannel.Get(w.System, w.Support.ID))(t).Confirmation, vocab.ForwardingConfirmation{})
	})
}

// IN-11: the role names are the inbox's; one that answers us, or whose domain the team knows,
// passes if a person wrote.
func TestRoleNamesAreTheInboxs(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		is := func(from, fields, want string) {
			t.Helper()
			c := w.comes(fields+"From: "+from+"\nTo: support@shop.example\nSubject: "+fmt.Sprint(w.count)+"\n", "Hello "+fmt.Sprint(w.count))
			w.filtered(from, c.ID, want)
		}
		sets := func(in settings.UpdateEmailRoleNamesInput) *ent.Inbox {
			t.Helper()
			in.InboxID = w.Support.InboxID
			return check.Must(w.Settings.UpdateRoleNames(w.Admin, in))(t)
		}
		is("sales@a.example", "", "ROLE_ADDRESS")
		is("info@a.example", "", "")
		i := sets(settings.UpdateEmailRoleNamesInput{RoleNames: opt.List("Zentrale", "*no-reply", "zentrale")})
		check.Same(t, settings.RoleNames(i), []string{"*noreply", "zentrale"})
		is("sales@a.example", "", "")
		is("zen.trale@a.example", "", "ROLE_ADDRESS")
		sets(settings.UpdateEmailRoleNamesInput{FilterRoleAddresses: opt.Of(false)})
		is("zentrale@a.example", "", "")
		i = sets(settings.UpdateEmailRoleNamesInput{RoleNames: opt.List[string](), FilterRoleAddresses: opt.Of(true)})
		check.Same(t, settings.RoleNames(i), []string{})
		is("noreply@a.example", "", "")
		check.Same(t, len(settings.RoleNames(sets(settings.UpdateEmailRoleNamesInput{RoleNames: graphql.OmittableOf[[]string](nil)}))) > 300, true)
		is("noreply@a.example", "", "ROLE_ADDRESS")

		w.comes("From: Uma <uma@known.example>\nTo: support@shop.example\nSubject: x\n", "Hello")
		c := w.comes("From: Uma <uma@known.example>\nTo: support@shop.example\nSubject: y\n", "Hello")
		w.AnswersAll(c.ID, "An answer")
		is("sales@known.example", "", "")
		is("sales@known.example", "List-Unsubscribe: <https://known.example/u>\n", "ROLE_ADDRESS PROMOTIONAL")
		is("sales@sub.known.example", "", "ROLE_ADDRESS")
	})
}
