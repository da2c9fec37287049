package receive_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/ent/attachment"
	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/settings"
	"parley/internal/conversation"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/vocab"
)

// comes has a mail come in with these fields, and returns its conversation.
func (w *world) comes(fields, body string) *ent.Conversation {
	w.T.Helper()
	w.count++
	row := w.Gets(mailroom.CRLF(fmt.Sprintf("%sMessage-ID: <m%d@x.example>\nDate: Mon, 5 Jan 2026 09:00:00 +0000\n\n%s", fields, w.count, body)))
	return w.Row(row.ConversationID)
}

// contact is the address of a conversation's contact, and their name; "" for none.
func (w *world) contact(c *ent.Conversation) string {
	w.T.Helper()
	if c.ContactID == "" {
		return ""
	}
	found := check.Must(w.Store.Client(w.System).Contact.Get(w.System, c.ContactID))(w.T)
	return strings.TrimSpace(found.Name + " " + found.Email)
}

// answered is to whom an answer goes, and in copy.
func (w *world) answered(c *ent.Conversation) string {
	w.T.Helper()
	_, raw := w.AnswersAll(c.ID, "An answer")
	m := parse.Parse([]byte(raw))
	var list []string
	for _, a := range m.To {
		list = append(list, a.Address)
	}
	for _, a := range m.Cc {
		list = append(list, "cc:"+a.Address)
	}
	return strings.Join(list, " ")
}

// ownID is the Message-ID of a mail of ours.
func (w *world) ownID(messageID string) string {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).Email.Get(w.System, messageID))(w.T).InternetID
}

// answeredBy is to whom an answer goes that an agent changed, and in copy.
func (w *world) answeredBy(c *ent.Conversation, change ...func(*conversation.SendMessageInput)) string {
	w.T.Helper()
	in := conversation.SendMessageInput{Target: conversation.On(c.ID), Text: new("An answer"), ReplyAll: true}
	for _, by := range change {
		by(&in)
	}
	m, _, err := w.Desk.SendMessage(w.Agent(1), in)
	check.Must(m, err)(w.T)
	e := check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(w.T)
	var list []string
	for _, a := range e.To {
		list = append(list, a.Address)
	}
	for _, a := range e.Cc {
		list = append(list, "cc:"+a.Address)
	}
	return strings.Join(list, " ")
}

// EM-4: whoever wrote a mail, by whatever address, is its contact, and can be answered.
func TestContactOfStrangeMail(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		for _, c := range []struct{ fields, contact, answered string }{
			{"From: Uma <a.b..c@docomo.example>\nTo: support@shop.example", "Uma a.b..c@docomo.example", "a.b..c@docomo.example"},
			{"From: Uma <\"odd local\"@a.example>\nTo: support@shop.example", "Uma odd local@a.example", "odd local@a.example"},
			{"From: =?iso-8859-1?Q?Ortiz,=20Uma?= <uma@b.example>\nTo: support@shop.example", "Ortiz, Uma uma@b.example", "uma@b.example"},
			{"From: Uma Ortiz <uma>\nReply-To: uma@c.example\nTo: support@shop.example", "Uma Ortiz uma@c.example", "uma@c.example"},
			{"From: Uma via Users <users@list.example>\nList-Post: <mailto:users@list.example>\nX-Original-From: =?utf-8?Q?Ortiz,_Uma?= <uma@d.example>\nReply-To: uma@d.example\nTo: users@list.example", "Ortiz, Uma uma@d.example", "uma@d.example cc:users@list.example"},
			{"From: Uma via Users <users@list.example>\nList-Id: <users.list.example>\nTo: support@shop.example", "", "users@list.example"},
			{"From: Uma <uma@e.example>, Bob <bob@e.example>\nSender: uma@e.example\nTo: support@shop.example", "Uma uma@e.example", "uma@e.example bob@e.example"},
			{"From: Uma <uma@f.example>\nTo: support@shop.example eve@f.example", "Uma uma@f.example", "uma@f.example cc:eve@f.example"},
		} {
			conversation := w.comes(c.fields+"\nSubject: x\n", "Hello")
			check.Same(t, w.contact(conversation), c.contact)
			check.Same(t, w.answered(conversation), c.answered)
		}
	})
}

// EM-1: the address to which other mailboxes forward is no recipient of an answer, with or
// without something behind a plus sign.
func TestAnswerLeavesForwardingAddressOut(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		own := "key-" + strings.ToLower(w.Support.ID)
		c := w.comes("From: uma@x.example\nTo: support@shop.example, "+own+"@in.parley.example\nCc: "+own+"+x@in.parley.example, bob@x.example\nSubject: x\n", "Hello")
		check.Same(t, w.answered(c), "uma@x.example cc:bob@x.example")
	})
}

// IB-6: the address of a channel that was removed is no recipient of an answer, nor is what
// comes with a tag.
func TestAnswerLeavesRemovedChannelOut(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		old := w.Channel(1, "old@shop.example")
		_, err := w.Settings.Remove(w.Admin, settings.RemoveChannelInput{ChannelID: old.ID, ConfirmName: old.Address})
		check.NoError(t, err)
		c := w.comes("From: uma@x.example\nTo: support@shop.example, old@shop.example\nCc: OLD+x@shop.example, bob@x.example\nSubject: x\n", "Hello")
		check.Same(t, w.answered(c), "uma@x.example cc:bob@x.example")
	})
}

// Pitfall 5: a mailing list's address in From does not make its author's word for who wrote
// it good enough to join a thread.
func TestListDoesNotJoinInSomeonesName(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		first := w.comes("From: Uma <uma@x.example>\nTo: support@shop.example\nSubject: x\n", "Hello")
		forged := w.comes("From: Uma via Users <users@evil.example>\nList-Id: <users.evil.example>\nX-Original-From: uma@x.example\nIn-Reply-To: <m1@x.example>\nTo: support@shop.example\nSubject: Re: x\n", "Pay")
		check.Same(t, []any{forged.ID == first.ID, w.contact(forged), forged.PossiblyRelatedID}, []any{false, "Uma uma@x.example", first.ID})
	})
}

// EM-6: a stranger who answers with what a mail of ours was signed with joins; an answer goes
// to the contact too, as long as no one who takes part named them.
func TestStrangerIsNoOnlyRecipient(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.comes("From: Uma <uma@x.example>\nTo: support@shop.example\nSubject: x\n", "Hello")
		m, _ := w.AnswersAll(c.ID, "An answer")
		ours := w.ownID(m.ID)
		joins := func(fields string) {
			t.Helper()
			if got := w.comes(fields+"\nIn-Reply-To: <"+ours+">\nReferences: <"+ours+">\nSubject: Re: x\n", "It is "+fields); got.ID != c.ID {
				t.Fatalf("%s began %s", fields, got.ID)
			}
		}
		joins("From: Eve <eve@evil.example>\nTo: support@shop.example\nCc: mallory@evil.example")
		check.Same(t, w.answered(c), "uma@x.example eve@evil.example cc:mallory@evil.example")
		joins("From: Eve <eve@evil.example>\nTo: support@shop.example") // we wrote to them since: they are strangers still
		check.Same(t, w.answered(c), "uma@x.example eve@evil.example")
		check.Same(t, w.answeredBy(c, func(in *conversation.SendMessageInput) { in.ReplyAll = false }), "uma@x.example eve@evil.example")
		check.Same(t, w.answeredBy(c, func(in *conversation.SendMessageInput) { in.To = []string{"eve@evil.example"} }), "eve@evil.example")
		joins("From: Eve <eve@evil.example>\nTo: support@shop.example\nCc: uma@x.example")
		check.Same(t, w.answered(c), "eve@evil.example cc:uma@x.example")
		joins("From: Uma <uma@x.example>\nTo: support@shop.example\nCc: eve@evil.example")
		joins("From: Eve <eve@evil.example>\nTo: support@shop.example")
		check.Same(t, w.answered(c), "eve@evil.example")
	})
}

// EM-6: copies that an agent names are added to those of a reply to all.
func TestCopiesAreAdded(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.comes("From: uma@x.example\nTo: support@shop.example\nCc: bob@x.example\nSubject: x\n", "Hello")
		copied := func(in *conversation.SendMessageInput) { in.Cc = []string{"boss@shop.example", "bob@x.example"} }
		check.Same(t, w.answeredBy(c, copied), "uma@x.example cc:boss@shop.example cc:bob@x.example")
		check.Same(t, w.answeredBy(c, copied, func(in *conversation.SendMessageInput) { in.ReplyAll = false }), "uma@x.example cc:boss@shop.example cc:bob@x.example")
		check.Same(t, w.answeredBy(c, func(in *conversation.SendMessageInput) { in.Cc, in.ReplyAll = []string{"boss@shop.example"}, false }), "uma@x.example cc:boss@shop.example")
		check.Same(t, w.answeredBy(c, func(in *conversation.SendMessageInput) {
			in.Cc, in.To = []string{"boss@shop.example"}, []string{"bob@x.example"}
		}), "bob@x.example cc:boss@shop.example")
	})
}

// EM-4: a delivery report about several recipients is believed for each.
func TestReportAboutSeveral(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		c := w.comes("From: Uma <uma@x.example>\nTo: support@shop.example\nCc: bob@x.example, eve@x.example\nSubject: x\n", "Hello")
		m, raw := w.AnswersAll(c.ID, "An answer")
		w.comes("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: support@shop.example\nSubject: Undelivered\n"+
			"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n", "--B\nContent-Type: message/delivery-status\n\nSome words.\n"+
			"--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"+
			"Final-Recipient: rfc822; uma@x.example\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\n\n"+
			"Final-Recipient: rfc822; eve@x.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 full\n\n"+
			"--B\nContent-Type: message/rfc822\n\nMessage-ID: <"+parse.Parse([]byte(raw)).MessageID+">\n\nx\n--B--\n")
		states := map[string]string{}
		for _, r := range check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(t).Recipients {
			states[r.Address] = string(r.State) + " " + r.Detail
		}
		check.Same(t, states, map[string]string{"uma@x.example": "DELIVERED 2.0.0", "bob@x.example": "FAILED 5.1.1", "eve@x.example": "FAILED 5.2.2 552 full"})
		got := w.Message(m.ID)
		check.Same(t, got.Delivery, vocab.DeliveryFailed)
		if detail := got.DeliveryError; !strings.Contains(detail, "bob@x.example: 5.1.1") || !strings.Contains(detail, "eve@x.example: 5.2.2 552 full") {
			t.Errorf("it says %q", detail)
		}
	})
}

// Pitfall 9: a file is either on show or listed, however the mail refers to it.
func TestShownOrListed(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const png, pdf = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAA=", "JVBERi0xLjcK"
		quote := func(inner string) string {
			return `<p>Hi</p><div class="gmail_quote"><div class="gmail_attr">On Mon, Bob wrote:</div><blockquote>` + inner + `</blockquote></div>`
		}
		for name, c := range map[string]struct {
			html, id, content string
			inline            bool
		}{
			"an image":             {`<img src="cid:a@x">`, "<a@x>", png, true},
			"quotes":               {`<img src='cid:a@x'>`, "<a@x>", png, true},
			"without quotes":       {`<img src=cid:a@x>`, "a@x", png, true},
			"another case":         {`<IMG SRC="CID:A@X">`, "<a@x>", png, true},
			"another case, the id": {`<img src="cid:a@x">`, "<A@X>", png, true},
			"percent-encoded":      {`<img src="cid:a%40x">`, "<a@x>", png, true},
			"spaces":               {`<img src=" cid:a@x ">`, " < a@x > ", png, true},
			"quoted":               {quote(`<img src="cid:a@x">`), "<a@x>", png, true},
			"a link":               {`<a href="cid:a@x">file</a>`, "<a@x>", png, false},
			"CSS":                  {`<div style="background-image: url(cid:a@x)">Hi</div>`, "<a@x>", png, false},
			"a style sheet":        {`<style>p { background: url(cid:a@x) }</style><p>Hi</p>`, "<a@x>", png, false},
			"a table's background": {`<table background="cid:a@x"><tr><td>Hi</td></tr></table>`, "<a@x>", png, false},
			"a body's background":  {`<body background="cid:a@x">Hi</body>`, "<a@x>", png, false},
			"an object":            {`<object data="cid:a@x">Hi</object>`, "<a@x>", png, false},
			"srcset":               {`<img srcset="cid:a@x 2x">Hi`, "<a@x>", png, false},
			"in the text":          {`<p>see cid:a@x</p>`, "<a@x>", png, false},
			"a comment":            {`<p>Hi</p><!-- <img src="cid:a@x"> -->`, "<a@x>", png, false},
			"a script":             {`<p>Hi</p><script>'<img src="cid:a@x">'</script>`, "<a@x>", png, false},
			"an SVG within":        {`<p>Hi</p><svg><image href="cid:a@x"/></svg>`, "<a@x>", png, false},
			"a PDF":                {`<p>Hi<img src="cid:a@x"></p>`, "<a@x>", pdf, false},
			"something longer":     {`<p>Hi<img src="cid:a@xy"></p>`, "<a@x>", png, false},
			"no id":                {`<p>Hi<img src="cid:"></p>`, "<>", png, false},
			"too long":             {`<img src="cid:a@x">` + strings.Repeat("<p>0123456789</p>", 30_000), "<a@x>", png, false},
		} {
			raw := "From: uma@x.example\nTo: support@shop.example\nSubject: x\nContent-Type: multipart/related; boundary=b\n"
			c2 := w.comes(raw, "--b\nContent-Type: text/html\n\n"+c.html+"\n--b\nContent-Type: image/png; name=a.png\nContent-ID: "+c.id+
				"\nContent-Transfer-Encoding: base64\n\n"+c.content+"\n--b--\n")
			files := check.Must(w.Store.Client(w.System).Attachment.Query().Where(attachment.ConversationID(c2.ID)).All(w.System))(t)
			if len(files) != 1 || files[0].Inline != c.inline {
				t.Errorf("%s: got %+v, want inline %v", name, files, c.inline)
				continue
			}
			if shown := w.Files.HTMLWithFiles(w.Agent(1), w.shown(c2), files); strings.Contains(shown, "/files/"+files[0].ID) != c.inline {
				t.Errorf("%s: it shows %.300s", name, shown)
			}
		}
	})
}

// shown is what a conversation's first mail shows, and what of it is folded.
func (w *world) shown(c *ent.Conversation) string {
	w.T.Helper()
	m := w.messagesOf(c)[0]
	e := check.Must(w.Store.Client(w.System).Email.Get(w.System, m.ID))(w.T)
	return m.HTML + e.QuotedHTML
}

// EM-4: what is cut off of a mail is said.
func TestCutIsSaid(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const long = 110_000
		for name, c := range map[string]struct{ fields, body, problem string }{
			"text":   {"", strings.Repeat("word ", long/5), "the text has 110000 characters, and is shown up to 100000"},
			"markup": {"Content-Type: text/html\n", strings.Repeat("<p>0123456789</p>", 30_000), "the markup is longer than 400000 characters"},
			"quote":  {"Content-Type: text/html\n", `<p>Hi</p><div class="gmail_quote"><div class="gmail_attr">On Mon, Bob wrote:</div><blockquote>` + strings.Repeat("<p>0123456789</p>", 30_000) + "</blockquote></div>", "what it quotes is longer than 400000 characters"},
			"short":  {"", "Hello", ""},
		} {
			conversation := w.comes("From: uma@x.example\nTo: support@shop.example\nSubject: x\n"+c.fields, c.body)
			problems := []string{}
			for _, p := range check.Must(w.Store.Client(w.System).Email.Get(w.System, w.messagesOf(conversation)[0].ID))(t).Verdict.Problems {
				if p.Code == vocab.MailTooLarge {
					problems = append(problems, p.Text)
				}
			}
			if got := strings.Join(problems, "; "); !strings.Contains(got, c.problem) || c.problem == "" && got != "" {
				t.Errorf("%s: got %q, want %q", name, got, c.problem)
			}
		}
	})
}
