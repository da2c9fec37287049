package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// newsletter has a picture on another server, one that counts readers, and one
// more in what it quotes.
var newsletter = strings.ReplaceAll(`From: News <News@example.net>
To: support@example.com
Subject: Spring
Message-ID: <spring@example.net>
Date: Sun, 22 Nov 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>Spring <img src="https://pictures.example.net/spring.png" alt="A tulip"><img src="http://pictures.example.net/open?u=7" width=1 height=1></p><div class="gmail_quote"><div class="gmail_attr">On Sat, 21 Nov 2026 at 10:00, Support &lt;support@example.com&gt; wrote:<br></div><blockquote class="gmail_quote">Winter <img src="http://pictures.example.net/winter.png" alt="Snow"></blockquote></div>
`, "\n", "\r\n")

// EM-11: a mail tells its sender nothing until its reader wants the pictures.
func TestRemoteImages(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		id := m.comes(m.connect(""), newsletter)
		show := func(argument string) string {
			return fmt.Sprintf(`{ conversation(id: %q) { messages { nodes { hasRemoteImages html%[2]s quotedHtml%[2]s } } } }`, id, argument)
		}
		const (
			quoted  = `\u003cp\u003e\u003c/p\u003e\u003cdiv\u003e\u003cdiv\u003eOn Sat, 21 Nov 2026 at 10:00, Support \u0026lt;support@example.com\u0026gt; wrote:\u003cbr/\u003e\u003c/div\u003e\u003cblockquote\u003eWinter `
			blocked = `{"data":{"conversation":{"messages":{"nodes":[{"hasRemoteImages":true,"html":"\u003cp\u003eSpring \u003cimg alt=\"A tulip\"/\u003e\u003c/p\u003e","quotedHtml":"` +
				quoted + `\u003cimg alt=\"Snow\"/\u003e\u003c/blockquote\u003e\u003c/div\u003e"}]}}}}`
			proxied = `{"data":{"conversation":{"messages":{"nodes":[{"hasRemoteImages":true,"html":"\u003cp\u003eSpring \u003cimg src=\"https://parley.example.com/remote-image?_\" alt=\"A tulip\"/\u003e\u003c/p\u003e","quotedHtml":"` +
				quoted + `\u003cimg src=\"https://parley.example.com/remote-image?_\" alt=\"Snow\"/\u003e\u003c/blockquote\u003e\u003c/div\u003e"}]}}}}`
		)
		m.wants(m.Agent(0), show(""), blocked)
		m.wants(m.Agent(0), show("(remoteImages: BLOCK)"), blocked)
		m.wants(m.Agent(0), show("(remoteImages: null)"), blocked)
		m.wants(m.Agent(0), show("(remoteImages: PROXY)"), proxied)

		set := func(show bool, key string) string {
			return fmt.Sprintf(`mutation { setRemoteImageSender(input: {email: "NEWS@example.net", show: %t, idempotencyKey: %q}) { remoteImageSender { email } userErrors { code field } } }`, show, key)
		}
		const (
			remembered = `{"data":{"setRemoteImageSender":{"remoteImageSender":{"email":"news@example.net"},"userErrors":[]}}}`
			senders    = `{ remoteImageSenders { nodes { email } pageInfo { hasNextPage } } }`
		)
		for range 2 { // a second time changes nothing
			m.wants(m.Agent(0), set(true, ""), remembered)
		}
		m.wants(m.Agent(0), senders, `{"data":{"remoteImageSenders":{"nodes":[{"email":"news@example.net"}],"pageInfo":{"hasNextPage":false}}}}`)
		m.wants(m.Agent(0), show(""), proxied)
		m.wants(m.Agent(0), show("(remoteImages: BLOCK)"), blocked)

		// It is one user's own choice.
		m.wants(m.Admin, senders, `{"data":{"remoteImageSenders":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}`)
		if got := m.as(m.Admin, show(""), nil); strings.Contains(got, "remote-image") {
			m.t.Errorf("the choice of one user holds for another: %s", got)
		}

		m.wants(m.Agent(0), set(false, "k"), `{"data":{"setRemoteImageSender":{"remoteImageSender":null,"userErrors":[]}}}`)
		m.wants(m.Agent(0), set(false, "k"), `{"data":{"setRemoteImageSender":{"remoteImageSender":null,"userErrors":[]}}}`)
		m.wants(m.Agent(0), set(true, "k"), `{"data":{"setRemoteImageSender":{"remoteImageSender":null,"userErrors":[{"code":"CONFLICT","field":["idempotencyKey"]}]}}}`)
		m.wants(m.Agent(0), show(""), blocked)
		m.wants(m.Agent(0), senders, `{"data":{"remoteImageSenders":{"nodes":[],"pageInfo":{"hasNextPage":false}}}}`)
	})
}
