package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

// found is a mail as it was read back.
type found struct {
	conversationID, text string
	files                int
	// why it is in its conversation, and when it came.
	why string
}

// messages are those of all conversations: mail by its Message-ID, answers by
// their text.
func (m *mailroom) messages() (incoming map[string][]found, outgoing map[string][]any) {
	incoming, outgoing = map[string][]found{}, map[string][]any{}
	after := any(nil)
	for {
		data := m.ask("conversations", `query($in: ID!, $after: String) { conversations(inboxId: $in, first: 5, after: $after) { pageInfo { hasNextPage endCursor }
			edges { node { id messages(first: 100) { edges { node { text direction delivery attachments { size } email { messageId inReplyTo verdict { thread threadDetail } } createdAt } } } } } } }`,
			map[string]any{"in": m.inboxID, "after": after})
		conversations, _ := at(data, "edges").([]any)
		for _, c := range conversations {
			list, _ := at(c, "node", "messages", "edges").([]any)
			for _, e := range list {
				node := at(e, "node")
				if text(node, "direction") == "OUTGOING" {
					outgoing[text(node, "text")] = append(outgoing[text(node, "text")], node)
					continue
				}
				files, _ := at(node, "attachments").([]any)
				messageID := text(node, "email", "messageId")
				incoming[messageID] = append(incoming[messageID], found{
					text(c, "node", "id"), text(node, "text"), len(files), fmt.Sprint(at(node, "email"), at(node, "createdAt")),
				})
			}
		}
		if more, _ := at(data, "pageInfo", "hasNextPage").(bool); !more {
			return incoming, outgoing
		}
		after = at(data, "pageInfo", "endCursor")
	}
}

// read are the mails that are messages.
func (m *mailroom) read() map[string][]found {
	incoming, _ := m.messages()
	return incoming
}

// settle waits until all mail is there, and all answers have gone out but for
// those that wait for their time, and checks each one.
func (m *mailroom) settle(all bool) {
	m.t.Helper()
	m.wait("all mail is there", mailEnd, func() bool { return len(m.read()) >= len(m.mails) })
	most, patience := m.defers+5*m.kills, mailEnd
	if all {
		most, patience = 0, sendEnd
	}
	m.wait("the answers have gone out", patience, func() bool { return len(m.unsent()) <= most })
	m.checkMails()
	m.checkAnswers()
}

// checkMails expects each mail once, in the conversation of its thread.
func (m *mailroom) checkMails() {
	m.t.Helper()
	incoming := m.read()
	if len(incoming) != len(m.mails) {
		m.t.Errorf("%d mails are there, %d came", len(incoming), len(m.mails))
	}
	where := map[*mailThread]string{}
	for messageID, thread := range m.mails {
		got := incoming[messageID]
		if len(got) != 1 || strings.TrimSpace(got[0].text) != "Text of "+messageID {
			m.t.Errorf("%s is there as %+v", messageID, got)
			continue
		}
		if in := where[thread]; in != "" && in != got[0].conversationID {
			m.t.Errorf("%s is in %s, others of its thread are in %s: %s", messageID, got[0].conversationID, in, got[0].why)
		}
		where[thread] = got[0].conversationID
	}
	threads := map[string]bool{}
	for _, conversationID := range where {
		threads[conversationID] = true
	}
	if len(threads) != len(m.threads) {
		m.t.Errorf("%d threads are in %d conversations", len(m.threads), len(threads))
	}
}

// unsent are the answers that are not SENT.
func (m *mailroom) unsent() []string {
	_, outgoing := m.messages()
	var list []string
	for words, nodes := range outgoing {
		if text(nodes[0], "delivery") != "SENT" {
			list = append(list, words)
		}
	}
	return list
}

// checkAnswers expects each answer once, and those that are SENT in a mail.
func (m *mailroom) checkAnswers() {
	m.t.Helper()
	_, outgoing := m.messages()
	var mails strings.Builder
	for _, l := range m.out.Mails() {
		mails.Write(l.Raw)
	}
	if len(outgoing) != len(m.answers) {
		m.t.Errorf("%d answers are there, %d were acknowledged", len(outgoing), len(m.answers))
	}
	for words, nodes := range outgoing {
		state := text(nodes[0], "delivery")
		if len(nodes) != 1 || state != "SENT" && state != "QUEUED" {
			m.t.Errorf("%q is there as %v", words, nodes)
		}
		if state == "SENT" && !strings.Contains(mails.String(), words+"\r\n") {
			m.t.Errorf("%q is SENT and did not arrive", words)
		}
	}
}

// noFileLiesAbout ends all processes, and looks at the files a day later: each is
// some mail's or message's, and none of theirs is missing (RemoveOrphans).
func (m *mailroom) noFileLiesAbout(db testkit.Database) {
	t := m.t
	t.Helper()
	for _, n := range m.c.nodes {
		n.kill()
	}
	dir, _ := strings.CutPrefix(m.c.env[0], "PARLEY_DATA_DIR=")
	o := db.Options(dir)
	o.Clock = clock.At(clock.System{}.Now().Add(25 * time.Hour))
	s, err := store.Open(t.Context(), o)
	must(t, err)
	defer func() { must(t, s.Close()) }()
	bucket, err := blob.Open(t.Context(), "", dir)
	must(t, err)
	defer func() { must(t, bucket.Close()) }()
	keys, err := secret.Parse(secret.GenerateKey())
	must(t, err)
	must(t, attachment.New(s, bucket, keys, nil, "", attachment.Options{}).RemoveOrphans(t.Context()))
	entries, next, err := bucket.List(t.Context(), nil, 1000)
	must(t, err)
	if len(next) > 0 {
		t.Log("there are more files than are looked at")
		return
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Key)
	}
	if want := blobKeys(t, s); !slices.Equal(got, want) {
		t.Errorf("%d files are there, %d are known of", len(got), len(want))
	}
}

// blobKeys are those that mails and attachments have, in order.
func blobKeys(t *testing.T, s *store.Store) []string {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
	files, err := s.Client(ctx).Attachment.Query().All(ctx)
	must(t, err)
	raws, err := s.Client(ctx).InboundMail.Query().All(ctx)
	must(t, err)
	keys := []string{}
	for _, f := range files {
		keys = append(keys, f.BlobKey)
	}
	for _, r := range raws {
		keys = append(keys, r.BlobKey)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
