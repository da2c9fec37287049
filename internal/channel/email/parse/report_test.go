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
