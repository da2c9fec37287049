package parse_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/parse"
)

// EM-4: bounces, receipts and complaints are tied to the mail that they are
// about. The file names in testdata say who sends such mail.
func TestReports(t *testing.T) {
	t.Parallel()
	const original = "msg-1@parley.example"
	bounce := func(action, status, diagnostic, to string) *parse.Report {
		return &parse.Report{
			Kind: parse.KindDeliveryStatus, Action: action, Status: status, Diagnostic: diagnostic,
			Recipient: to, OriginalMessageID: original,
		}
	}
	want := map[string]*parse.Report{
		"postfix":   bounce("failed", "5.1.1", "550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown", "bob@example.net"),
		"global":    bounce("failed", "5.1.1", "550 5.1.1 no such user", "jörg@example.net"),
		"delay":     bounce("delayed", "4.4.1", "connect to mx.example.net[192.0.2.9]:25: Connection timed out", "bob@example.net"),
		"two":       bounce("failed", "5.2.2", "552 5.2.2 Mailbox full", "eve@example.net"),
		"qmail":     bounce("failed", "5.1.1", "192.0.2.7 does not like recipient. Remote host said: 550 5.1.1 unknown user", "bob@example.net"),
		"exim":      bounce("failed", "", "550 Unknown user", "bob@example.net"),
		"gmail":     bounce("failed", "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist.", "bob@example.net"),
		"exchange":  bounce("failed", "5.1.10", "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'", "bob@example.net"),
		"human":     nil,
		"forwarded": nil,
		"null":      nil,
		"receipt":   {Kind: parse.KindDisposition, Action: "displayed", Recipient: "bob@example.net", OriginalMessageID: original},
		"complaint": {Kind: parse.KindFeedback, Action: "abuse", Recipient: "bob@example.net", OriginalMessageID: original},
	}
	want["two"].Recipients = []parse.ReportedRecipient{
		{Recipient: "bob@example.net", Action: "delivered", Status: "2.0.0"},
		{Recipient: "eve@example.net", Action: "failed", Status: "5.2.2", Diagnostic: "552 5.2.2 Mailbox full"},
	}
	want["postfix"].OriginalReferences = []string{"root@example.net", "mid@example.net"}
	for name, report := range want {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range []string{string(raw), strings.ReplaceAll(string(raw), "\n", "\r\n")} {
				m := parse.Parse([]byte(raw))
				sound(t, []byte(raw), m)
				if diff := cmp.Diff(report, m.Report); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// EM-4: a report is found though a part of it has the wrong type, and what it says of each
// recipient is kept.
func TestMislabelledReports(t *testing.T) {
	t.Parallel()
	const status = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
	const words = "The mail could not be delivered.\n"
	part := func(kind, content string) string { return "--B\nContent-Type: " + kind + "\n\n" + content }
	for name, parts := range map[string][]string{
		"the words as a status":     {part("message/delivery-status", words), part("message/delivery-status", status)},
		"the status as text":        {part("text/plain", words), part("text/plain", status)},
		"the status as a mail":      {part("text/plain", words), part("message/rfc822", status)},
		"an empty status before it": {part("message/delivery-status", "Reporting-MTA: dns; mx.example\n"), part("message/delivery-status", status)},
		"the words as a receipt":    {part("message/global-delivery-status", words), part("message/delivery-status", status)},
	} {
		raw := "From: postmaster@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n" +
			strings.Join(append(parts, part("message/rfc822", "Message-ID: <msg-1@parley.example>\n\nx"), "--B--"), "\n")
		r := parse.Parse([]byte(raw)).Report
		if r == nil || r.Action != "failed" || r.Recipient != "bob@example.net" || r.OriginalMessageID != "msg-1@parley.example" || r.Recipients != nil {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	m := parse.Parse([]byte("From: MAILER-DAEMON@mx.example\nSubject: failure notice\nX-Failed-Recipients: bob@example.net,\n eve@example.net\n\n550 5.1.1 no\n"))
	want := []parse.ReportedRecipient{
		{Recipient: "bob@example.net", Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 no"},
		{Recipient: "eve@example.net", Action: "failed", Status: "5.1.1", Diagnostic: "550 5.1.1 no"},
	}
	if diff := cmp.Diff(want, m.Report.Recipients); diff != "" {
		t.Error(diff)
	}
}

func TestReportsKeepTheirParts(t *testing.T) { // EM-4
	t.Parallel()
	raw, err := os.ReadFile("testdata/postfix.eml")
	if err != nil {
		t.Fatal(err)
	}
	m := parse.Parse(raw)
	var names []string
	for _, p := range m.Parts {
		names = append(names, p.FileName)
	}
	if diff := cmp.Diff([]string{"delivery-status.txt", "Your order.eml"}, names); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(m.Text, "This is the mail system") {
		t.Errorf("text %q", m.Text)
	}
}
