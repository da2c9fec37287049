package main

import (
	"context"
	"fmt"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
	"parley/internal/testkit/smtpserver"
)

// answering is an office whose mail leaves by a real SMTP server, and whose inbox has a mailbox
// at a real IMAP server.
type answering struct {
	*office
	out  *smtpserver.Server
	box  *mailserver.Server
	read int // letters that were looked at
	sent int // mails that were delivered
	chat chat
	// where Ben's answers go.
	replyTo string
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

// answers has a mail of Ben's come to the mailbox.
func (w *answering) answers(fields, body string) (raw string) {
	w.t.Helper()
	w.sent++
	raw = crlf(fmt.Sprintf("%sMessage-ID: <answer%d@example.com>\nDate: Mon, 16 Nov 2026 09:%02d:00 +0000\nFrom: Ben <ben@example.com>\nTo: %s\nSubject: Re: Admin mentioned you\n%s",
		fields, w.sent, w.sent, w.replyTo, body))
	w.box.Deliver(w.t, w.box.User, raw)
	return raw
}

// plain is a body that quotes what it answers.
func plain(words string) string {
	return "\n" + words + "\n\nOn Mon, Nov 16, 2026 at 8:59 AM Parley <parley@shop.example> wrote:\n> Admin mentioned you\n"
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
		w.replyTo = address.Address

		const proved = "Authentication-Results: mx.shop.example; dkim=pass header.d=example.com\n"
		first := w.answers(proved, "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n"+plain("It is on its way.")+
			"--x\nContent-Type: text/plain; name=label.txt\nContent-Disposition: attachment; filename=label.txt\n\nA label\n--x--\n")
		w.said("OUTGOING Ben It is on its way.")
		w.state("ANSWERED", 1)
		files := at(w.do(adminToken, `query($id: ID!) { conversation(id: $id) { lastMessage { attachments { fileName } } } }`, map[string]any{"id": w.chat.conversationID}), "conversation", "lastMessage", "attachments")
		if got := text(files, 0, "fileName"); got != "label.txt" {
			t.Errorf("its files are %v", files)
		}
		w.box.Deliver(t, w.box.User, first)
		w.state("DUPLICATE", 1)
		w.answers(proved, plain("// He called twice"))
		w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice")
		w.refuses(proved)
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

// refuses sends nothing of what is no answer of Ben's, or may not be sent.
func (w *answering) refuses(proved string) {
	w.t.Helper()
	refused := 0
	told := func(why string) {
		w.t.Helper()
		refused++
		w.state("REFUSED", refused)
		if why == "" {
			return
		}
		if m, raw := w.letter("Not sent: "); !strings.Contains(raw, why) || !strings.Contains(m.Header.Get("To"), "ben@example.com") {
			w.t.Errorf("he is written %s, want %q", raw, why)
		}
	}
	w.answers("", plain("Not proved"))
	told("no server that is trusted confirms")
	w.answers("Authentication-Results: mx.evil.example; dmarc=pass\n", plain("Proved by a stranger"))
	told("no server that is trusted confirms")
	w.answers(proved+"Auto-Submitted: auto-replied\n", plain("I am away"))
	told("")
	w.allows(false)
	w.answers(proved, plain("Not allowed"))
	told("does not allow answers")
	w.allows(true)
	if got := w.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", w.site.inboxID, "removeUserIds", []string{w.ben}); got != "" {
		w.t.Fatal(got)
	}
	w.answers(proved, plain("No member"))
	told("no longer a member")
	if got := w.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", w.site.inboxID, "addUserIds", []string{w.ben}) +
		w.codes(adminToken, "deleteConversation", "DeleteConversationInput", "conversationId", w.chat.conversationID); got != "" {
		w.t.Fatal(got)
	}
	w.answers(proved, plain("In the trash"))
	told("") // five mails an hour are enough
	if got := w.codes(adminToken, "restoreConversation", "RestoreConversationInput", "conversationId", w.chat.conversationID); got != "" {
		w.t.Fatal(got)
	}
	w.said("OUTGOING Ben It is on its way.", "NOTE Ben He called twice")
	found, err := w.store.Strings(w.t.Context(), "SELECT id FROM conversations")
	if err != nil || len(found) != 1 {
		w.t.Errorf("%d conversations, want the one: no answer is a contact's (%v)", len(found), err)
	}
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
		for _, change := range []string{"UPDATE escalations SET since = since - $1, due_at = due_at - $1 WHERE account_id = $2", "UPDATE notifications SET created_at = created_at - $1 WHERE account_id = $2"} {
			if _, err := tx.Exec(ctx, change, ago.Microseconds(), o.account); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
}
