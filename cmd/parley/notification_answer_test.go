package main

import (
	"context"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/channel/email/receive"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
)

// answering is an office whose mail leaves by a real SMTP server, and whose inbox has a mailbox
// at a real IMAP server.
type answering struct {
	*office
	out     *smtpserver.Server
	box     *mailserver.Server
	read    int // letters that were looked at
	sent    int // mails that were delivered
	refused int // mails of which no one gets anything
	chat    chat
	// where Ben's answers go, and the mail that they answer.
	replyTo, names string
}

func newAnswering(t *testing.T, db testkit.Database) *answering {
	t.Helper()
	w := &answering{out: smtpserver.Start(t, smtpserver.Options{})}
	a := serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
		s.SMTPURL, s.MailFrom, s.AuthServ = "smtp://"+w.out.Address(), "Parley <parley@shop.example>", []string{"mx.shop.example"}
	})
	w.office = a.office()
	w.box = mailserver.Dovecot(t, mailserver.Options{})
	submission := smtpserver.Start(t, smtpserver.Options{Passwords: map[string]string{w.box.User: w.box.Password}})
	in := input("inboxId", w.site.inboxID, "provider", "IMAP", "address", w.box.User, "acceptTerms", true, "password", w.box.Password,
		"imap", map[string]any{"host": w.box.Host, "port": w.box.IMAP, "security": "NONE"}, "smtp", map[string]any{"host": submission.Host, "port": submission.Port, "security": "NONE"})
	a.do(adminToken, `mutation($in: BeginEmailChannelInput!) { beginEmailChannel(input: $in) { emailChannel { id state } userErrors { field message } } }`, in)
	w.chat = w.site.chat("Where is my parcel?")
	return w
}

// allows turns answers by mail on or off.
func (w *answering) allows(on bool) {
	w.t.Helper()
	if got := w.codes(adminToken, "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", w.site.inboxID, "answersByMail", on); got != "" {
		w.t.Fatal(got)
	}
}

// letter is the next one that goes out with a subject.
func (w *answering) letter(subject string) (*netmail.Message, string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for {
		mails, err := w.out.Wait(ctx, w.read+1)
		if err != nil {
			w.t.Fatalf("no letter %q came: %v", subject, err)
		}
		raw := string(mails[w.read].Raw)
		w.read++
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.HasPrefix(m.Header.Get("Subject"), subject) {
			return m, strings.ReplaceAll(raw, "=\r\n", "")
		}
	}
}

// proved is the word of a server that is trusted.
const proved = "Authentication-Results: mx.shop.example; dkim=pass header.d=example.com\n"

// answers has a mail of Ben's come to the mailbox.
func (w *answering) answers(fields, body string) (raw string) {
	w.t.Helper()
	return w.comes(fields+"To: "+w.replyTo+"\nIn-Reply-To: "+w.names+"\n", body)
}

// comes has a mail come to the mailbox, Ben's of now unless its fields say otherwise.
func (w *answering) comes(fields, body string) (raw string) {
	w.t.Helper()
	w.sent++
	for name, value := range map[string]string{"From": "Ben <ben@example.com>", "Date": time.Now().Format(time.RFC1123Z), "Subject": "Re: Admin mentioned you"} {
		if !strings.Contains("\n"+fields, "\n"+name+": ") {
			fields += name + ": " + value + "\n"
		}
	}
	raw = crlf(fmt.Sprintf("%sMessage-ID: <answer%d@example.com>\n%s", fields, w.sent, body))
	w.box.Deliver(w.t, w.box.User, raw)
	return raw
}

// quoted is the mail of a notification as it is quoted.
const quoted = "> -- Write your answer above this line --\n>\n> Admin mentioned you in Ada: @Ben, she is difficult\n"

// plain is a body that quotes what it answers.
func plain(words string) string {
	return "\n" + words + "\n\nOn Mon, Nov 16, 2026 at 8:59 AM Parley <parley@shop.example> wrote:\n" + quoted
}

// wasRefused wants one more mail be refused, and Ben be written why; "": he is not.
func (w *answering) wasRefused(why string) {
	w.t.Helper()
	w.refused++
	w.state("REFUSED", w.refused)
	if why == "" {
		return
	}
	if m, raw := w.letter("Not sent: "); !strings.Contains(strings.ReplaceAll(raw, "\r\n", " "), why) || !strings.Contains(m.Header.Get("To"), "ben@example.com") {
		w.t.Errorf("he is written %s, want %q", raw, why)
	}
}

// said wants the chat to have these messages beside its first, as "direction author text".
func (w *answering) said(want ...string) {
	w.t.Helper()
	var got []string
	w.until(fmt.Sprintf("the chat has %q", want), func() bool {
		list, _ := at(w.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(first: 50) { nodes { direction text author { ... on User { name } } attachments { fileName } } } } }`,
			map[string]any{"id": w.chat.conversationID}), "conversation", "messages", "nodes").([]any)
		got = nil
		for _, m := range list {
			if line := strings.TrimSpace(text(m, "direction") + " " + text(m, "author", "name") + " " + text(m, "text")); !strings.Contains(line, "@Ben") && !strings.HasPrefix(line, "INCOMING") {
				got = append(got, line)
			}
		}
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		w.t.Errorf("the chat has %q, want %q", got, want)
	}
}

// state waits until so many mails are in a state.
func (w *answering) state(state string, want int) {
	w.t.Helper()
	w.until(fmt.Sprintf("%d mails are %s", want, state), func() bool {
		found, err := w.store.Strings(w.t.Context(), "SELECT id FROM inbound_mails WHERE state = '"+state+"'")
		if err != nil {
			w.t.Fatal(err)
		}
		return len(found) == want
	})
}

// NT-8, EM-9: the mail of a notification leaves by SMTP with one click to unsubscribe (RFC 8058),
// and can be answered where the inbox allows it: as the user, by the mailbox that the address
// names, once, without what it quotes; after //, as a note. Whatever is not proved to be theirs,
// or may not be sent, is sent to no one, and they are written why.
func TestAnswersByMail(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newAnswering(t, db)
		w.note(adminToken, w.chat.conversationID, "@Ben, please look", w.ben)
		m, raw := w.letter("Admin mentioned you")
		if m.Header.Get("Reply-To") != "" || !strings.Contains(raw, "cannot be answered") {
			t.Errorf("the inbox allows no answers: %s", raw)
		}
		w.allows(true)
		w.mentionsAgain()
		m, raw = w.letter("Admin mentioned you")
		address, err := netmail.ParseAddress(m.Header.Get("Reply-To"))
		if err != nil || !strings.HasPrefix(address.Address, "support+n-") || !strings.Contains(raw, "Answer this e-mail") {
			t.Fatalf("the letter is %s (%v)", raw, err)
		}
		w.replyTo, w.names = address.Address, m.Header.Get("Message-Id")
		if _, body, _ := strings.Cut(raw, "\r\n\r\n"); !strings.HasPrefix(body, "-- Write your answer above this line --\r\n") || !strings.HasPrefix(w.names, "<n-") {
			t.Errorf("at its top stands no line to write above: %s", raw)
		}

		first := w.answers(proved, "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n"+plain("It is on its way.")+
			"--x\nContent-Type: text/plain; name=label.txt\nContent-Disposition: attachment; filename=label.txt\n\nA label\n"+
			"--x\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Disposition: attachment; filename=smime.p7s\n\nsigned\n"+
			"--x\nContent-Type: message/rfc822\n\nSubject: Another one\n\nText\n--x--\n")
		w.said("OUTGOING Ben It is on its way.")
		w.state("ANSWERED", 1)
		files := at(w.do(adminToken, `query($id: ID!) { conversation(id: $id) { lastMessage { attachments { fileName } } } }`, map[string]any{"id": w.chat.conversationID}), "conversation", "lastMessage", "attachments")
		if list, _ := files.([]any); len(list) != 1 || text(files, 0, "fileName") != "label.txt" {
			t.Errorf("its files are %v", files)
		}
		w.box.Deliver(t, w.box.User, first)
		w.state("DUPLICATE", 1)
		w.answers(proved, plain("// He called twice"))
		w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice")
		w.onceOnly(first)
		w.strict()
		w.notAnswers()
		w.refuses()
		w.unsubscribes(m)
	})
}

// mentionsAgain has Ben be mentioned once more, past the pause of his mails.
func (w *answering) mentionsAgain() {
	w.t.Helper()
	if err := w.store.WithTx(w.system(), func(ctx context.Context, tx *storeTx) error {
		_, err := tx.Exec(ctx, "UPDATE notification_states SET mailed_at = 0 WHERE account_id = $1", w.account)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	w.note(adminToken, w.chat.conversationID, "@Ben, again", w.ben)
}

// onceOnly has an answer be sent once, also if it is tried again when its key is gone, and if the
// same mail comes with a footer by another way.
func (w *answering) onceOnly(first string) {
	w.t.Helper()
	found, err := w.store.Strings(w.t.Context(), "SELECT id FROM inbound_mails WHERE state = 'ANSWERED' ORDER BY id LIMIT 1")
	if err != nil || len(found) != 1 {
		w.t.Fatal(found, err)
	}
	if err := w.store.WithTx(w.system(), func(ctx context.Context, tx *storeTx) error {
		for _, change := range []string{"UPDATE inbound_mails SET state = 'ANSWER', message_id = '' WHERE account_id = $1 AND id = '" + found[0] + "'", "DELETE FROM idempotency_keys WHERE account_id = $1"} {
			if _, err := tx.Exec(ctx, change, w.account); err != nil {
				return err
			}
		}
		tx.Enqueue(store.Job{Args: receive.AnswerArgs{AccountID: w.account, MailID: found[0], UserID: w.ben, ConversationID: w.chat.conversationID}})
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	w.state("ANSWERED", 2)
	w.box.Deliver(w.t, w.box.User, strings.Replace(first, "on its way.", "on its way. Passed on by a list.", 1))
	w.state("ANSWERED", 3)
	w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice")
}

// strict sends of an answer what stands above what it quotes, and nothing else.
func (w *answering) strict() {
	w.t.Helper()
	const file = "--x\nContent-Type: text/plain; name=label.txt\nContent-Disposition: attachment; filename=label.txt\n\nA label\n--x--\n"
	const nothing = "it says nothing above what it quotes"
	for _, c := range []struct{ body, why string }{
		{"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n" + plain("") + file, nothing},
		{"\nOn Mon, Nov 16, 2026 at 8:59 AM Parley <parley@shop.example> wrote:\n" + quoted + "\nIt comes tomorrow.\n", nothing},
		{"\n" + strings.Replace(quoted, ">\n", ">\nIt comes tomorrow.\n", 1), nothing},
		{"Content-Type: text/html\n\n<blockquote type=\"cite\">-- Write your answer above this line --<br>Admin mentioned you</blockquote><p>It comes tomorrow.</p>\n", nothing},
		{plain("Hello\n// He is difficult"), "a line of it begins with //"},
		{"\nYes. Admin mentioned you in Visitor: she is difficult\nNo more e-mails of this kind: https://parley.example/notifications/x\n", "still has something of the notification"},
		{"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--x--\n", "it is encrypted"},
	} {
		w.answers(proved, c.body)
		w.wasRefused(c.why)
	}
	w.answers(proved+"Subject: Fwd: Admin mentioned you\n", plain("Please look"))
	w.wasRefused("it passes on another e-mail")
	w.comes(proved+"To: "+w.replyTo+"\n", plain("A new one"))
	w.wasRefused("was written as a new one")
	w.answers(proved+"Date: Mon, 2 Feb 2026 09:00:00 +0000\n", plain("An old one"))
	w.wasRefused("its date is before")
	w.answers(proved+"Content-Type: text/plain; charset=utf-8\n", "\n\u200b\ufeff// He moved\n\nDie 16.11.2026 08:59 Parley <parley@shop.example> scripsit haec:\n"+quoted)
	w.state("ANSWERED", 4)
	w.answers(proved+"Content-Type: text/html; charset=utf-8\n", "\n<p>It <b>left</b>.</p><p>Le 16 nov. 2026 à 08:59, Parley &lt;parley@shop.example&gt; a écrit :</p><blockquote>-- Write your answer above this line --<br>Admin mentioned you</blockquote>Bye\n")
	w.state("ANSWERED", 5)
	w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice", "NOTE Ben He moved", "OUTGOING Ben It left.")
}

// notAnswers handles as any other mail what is not addressed to where a notification is answered,
// though it names that, or was sent there by someone else's envelope.
func (w *answering) notAnswers() {
	w.t.Helper()
	w.comes(proved+"To: "+w.box.User+"\nReferences: "+w.names+"\nSubject: Admin mentioned you\n", plain("Who of you knows this?"))
	w.comes(proved+"Delivered-To: "+w.replyTo+"\nX-Original-To: "+w.replyTo+"\nTo: friend@example.org\nIn-Reply-To: "+w.names+"\nSubject: Dinner\n", "\nAt eight\n")
	w.state("INGESTED", 2)
	w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice", "NOTE Ben He moved", "OUTGOING Ben It left.")
}

// refuses sends nothing of what is no answer of Ben's, or may not be sent. What anyone may have
// written has no word in a letter, and keeps none of his own from him.
func (w *answering) refuses() {
	w.t.Helper()
	w.answers("Subject: Cheap pills\n", plain("Not proved"))
	w.refused++
	w.state("REFUSED", w.refused)
	if m, raw := w.letter("Not sent: "); !strings.Contains(raw, "no server that is trusted confirms") || strings.Contains(raw, "pills") || m.Header.Get("Subject") != "Not sent: an answer by e-mail" {
		w.t.Errorf("he is written %s", raw)
	}
	for range 4 {
		w.answers("Authentication-Results: mx.evil.example; dmarc=pass\n", plain("Proved by a stranger"))
		w.wasRefused("no server that is trusted confirms")
	}
	w.answers("From: Eve <eve@evil.example>\n", plain("Of a stranger"))
	w.wasRefused("") // five an hour are enough
	w.answers(proved+"Auto-Submitted: auto-replied\n", plain("I am away"))
	w.wasRefused("")
	w.allows(false)
	w.answers(proved, plain("Not allowed"))
	w.wasRefused("does not allow answers")
	w.allows(true)
	if got := w.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", w.site.inboxID, "removeUserIds", []string{w.ben}); got != "" {
		w.t.Fatal(got)
	}
	w.answers(proved, plain("No member"))
	w.wasRefused("no longer a member")
	if got := w.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", w.site.inboxID, "addUserIds", []string{w.ben}) +
		w.codes(adminToken, "deleteConversation", "DeleteConversationInput", "conversationId", w.chat.conversationID); got != "" {
		w.t.Fatal(got)
	}
	w.answers(proved, plain("In the trash"))
	w.wasRefused("is in the trash")
	if got := w.codes(adminToken, "restoreConversation", "RestoreConversationInput", "conversationId", w.chat.conversationID); got != "" {
		w.t.Fatal(got)
	}
	w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice", "NOTE Ben He moved", "OUTGOING Ben It left.")
}

// NT-8, EM-9: an answer with the contact in copy is not sent twice: it is the team's mail, sent
// elsewhere; and what the contact writes to all is theirs.
func TestAnswersInCopy(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		w := newAnswering(t, db)
		w.allows(true)
		w.comes("From: Ada <ada@customer.example>\nTo: "+w.box.User+"\nSubject: Lamp\n", "\nIt is broken\n")
		w.state("INGESTED", 1)
		found, err := w.store.Strings(t.Context(), "SELECT id FROM conversations WHERE kind = 'EMAIL'")
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		w.chat.conversationID = found[0]
		w.note(adminToken, found[0], "@Ben, please look", w.ben)
		m, _ := w.letter("Admin mentioned you")
		w.replyTo, w.names = m.Header.Get("Reply-To"), m.Header.Get("Message-Id")
		w.answers(proved+"Cc: Ada <ada@customer.example>\n", plain("A new one comes."))
		w.state("INGESTED", 2)
		w.said("OUTGOING Ben A new one comes.")
		sent, err := w.store.Strings(t.Context(), "SELECT e.user_id FROM emails e JOIN messages m ON m.id = e.id WHERE m.direction = 'OUTGOING'")
		if err != nil || len(sent) != 1 || sent[0] != w.ben {
			t.Errorf("it was sent by %v, want the mailbox of Ben's alone (%v)", sent, err)
		}
		w.comes("From: Ada <ada@customer.example>\nTo: Ben <ben@example.com>, "+w.replyTo+"\nIn-Reply-To: <answer2@example.com>\nSubject: Re: Lamp\n", "\nThank you\n")
		w.state("INGESTED", 3)
		incoming, err := w.store.Strings(t.Context(), "SELECT id FROM messages WHERE direction = 'INCOMING' AND conversation_id = '"+found[0]+"'")
		if err != nil || len(incoming) != 2 {
			t.Errorf("of the contact it has %d messages, want both (%v)", len(incoming), err)
		}
	})
}

// unsubscribes ends such mails by the one click of a letter.
func (w *answering) unsubscribes(m *netmail.Message) {
	w.t.Helper()
	if m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		w.t.Errorf("one click is %q", m.Header.Get("List-Unsubscribe-Post"))
	}
	if status, page := w.request("POST", strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")); status != 200 {
		w.t.Errorf("one click gives %d %s", status, page)
	}
	off := func() bool {
		list, _ := at(w.do(w.benToken, `{ notificationPreferences { kind medium on } }`, nil), "notificationPreferences").([]any)
		return slices.ContainsFunc(list, func(p any) bool {
			return text(p, "kind") == "MENTION" && text(p, "medium") == "EMAIL" && at(p, "on") == false
		})
	}
	if !off() {
		w.t.Error("after one click mentions are mailed still")
	}
}

// longAgo has what is to be read in time be older than it is.
func (o *office) longAgo(ago time.Duration) {
	o.t.Helper()
	if err := o.store.WithTx(o.system(), func(ctx context.Context, tx *storeTx) error {
		for _, change := range []string{"UPDATE escalations SET since = since - $1, due_at = due_at - $1 WHERE account_id = $2", "UPDATE notifications SET created_at = created_at - $1, updated_at = updated_at - $1 WHERE account_id = $2"} {
			if _, err := tx.Exec(ctx, change, ago.Microseconds(), o.account); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
}
