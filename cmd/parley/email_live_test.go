package main

import (
	"net/http"
	"strings"
	"testing"

	"parley/internal/clock"
)

const drawing = `From: Ada Lovelace <ada@example.com>
To: support@shop.example
Subject: A drawing
Message-ID: <drawing@mail.example.com>
Date: Mon, 16 Nov 2026 09:00:00 +0000
In-Reply-To: <question@mail.example.com>
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>See <img src="cid:one"></p>
--b
Content-Type: image/png; name="one.png"
Content-ID: <one>
Content-Transfer-Encoding: base64

iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
--b--
`

// AC-3, AC-11: what a subscription tells of files are addresses of each viewer's
// own, though both ask for the same; those of who is no member any more end.
func TestFilesLive(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.mailbox("support@shop.example")
		a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`,
			input("inboxId", m.inboxID, "addUserIds", []string{a.me()}))
		ben, first := a.agent("Ben", m.inboxID)
		_, second := a.agent("Cleo", m.inboxID)
		m.forward("ada@example.com", question)
		c := text(m.conversations("UNASSIGNED", 1)[0], "id")
		const query = `subscription($c: ID!, $after: Sequence) { messages(conversationId: $c, after: $after) { message { number html attachments { url } email { rawUrl } } } }`
		var sockets []*socket
		for _, token := range []string{first, second} {
			sockets = append(sockets, a.listen(token, query, map[string]any{"c": c, "after": a.head()}))
		}
		m.forward("ada@example.com", drawing)
		var seen [][]string
		for _, s := range sockets {
			message := at(a.hear(s), "messages", "message")
			_, source, _ := strings.Cut(text(message, "html"), `<img src="`)
			source, _, _ = strings.Cut(source, `"`)
			list := []string{strings.ReplaceAll(source, "&amp;", "&"), text(message, "attachments", 0, "url"), text(message, "email", "rawUrl")}
			for _, address := range list {
				if body := a.fetch(address); body == "" {
					t.Errorf("%s is empty", address)
				}
			}
			seen = append(seen, list)
		}
		a.dismiss(m.inboxID, ben)
		for i, address := range seen[0] {
			if address == seen[1][i] {
				t.Errorf("both are told %s", address)
			}
			if code := a.status(address); code != http.StatusForbidden && code != http.StatusNotFound {
				t.Errorf("who is no member any more gets %s: %d", address, code)
			}
			a.fetch(seen[1][i])
		}
	})
}

// status is what a browser is told at an address.
func (a *api) status(address string) int {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}
