package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// crowded has more recipients and files than are shown at once.
func crowded(recipients, files int) string {
	var b strings.Builder
	b.WriteString("From: Ada <ada@example.net>\nTo: support@example.com")
	for i := range recipients {
		fmt.Fprintf(&b, ",\n a%d@example.net", i)
	}
	b.WriteString("\nSubject: All of you\nMessage-ID: <all@example.net>\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\nHello\n")
	for i := range files {
		fmt.Fprintf(&b, "--m\nContent-Type: text/plain; name=f%d.txt\nContent-Disposition: attachment; filename=f%d.txt\n\nFile %d\n", i, i, i)
	}
	b.WriteString("--m--\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

// API-4: a mail has as many addresses and files as its sender likes; lists of them
// are cut, say so, and files go on.
func TestListsOfAMailAreBounded(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		id := m.comes(m.connect(""), crowded(120, 130))
		type page struct {
			Conversation struct {
				Messages struct {
					Nodes []struct {
						AttachmentCount int
						Attachments     []struct{ ID, FileName string }
						Email           struct {
							To, Cc       []string
							Mailboxes    []struct{ Address string }
							MailboxCount int
						}
					}
				}
			}
		}
		read := func(after string) page {
			var p page
			m.as(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages { nodes { attachmentCount attachments(after: %q) { id fileName }
				email { to cc mailboxes { address } mailboxCount } } } } }`, id, after), &p)
			return p
		}
		first := read("").Conversation.Messages.Nodes[0]
		if first.AttachmentCount != 130 || len(first.Attachments) != 100 || first.Attachments[0].FileName != "f0.txt" {
			m.t.Fatalf("%d of %d files", len(first.Attachments), first.AttachmentCount)
		}
		if e := first.Email; len(e.To) != 100 || len(e.Cc) != 0 || len(e.Mailboxes) != 100 || e.MailboxCount != 122 {
			m.t.Errorf("%d recipients, %d of %d mailboxes", len(e.To), len(e.Mailboxes), e.MailboxCount)
		}
		rest := read(first.Attachments[99].ID).Conversation.Messages.Nodes[0]
		if len(rest.Attachments) != 30 || rest.Attachments[0].FileName != "f100.txt" || rest.AttachmentCount != 130 {
			m.t.Errorf("then %d files", len(rest.Attachments))
		}
		if none := read("attachment_01kaaaaaaaaaaaaaaaaaaaaaaa").Conversation.Messages.Nodes[0]; len(none.Attachments) != 0 {
			m.t.Errorf("%d files after one that is not there", len(none.Attachments))
		}
	})
}
