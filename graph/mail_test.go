package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"

	"parley/internal/testkit"
)

// EM-1, EM-3, EM-8: what an admin connects is there for the inbox's members,
// with what the admin chose, and who accepted the terms.
func TestEmailChannels(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		m.wants(m.Admin, fmt.Sprintf(`mutation { beginEmailChannel(input: {inboxId: %q, provider: FORWARDING, address: "support@example.com", acceptTerms: false})
			{ emailChannel { id } userErrors { code field } } }`, m.InboxIDs[0]),
			`{"data":{"beginEmailChannel":{"emailChannel":null,"userErrors":[{"code":"REQUIRED","field":["acceptTerms"]}]}}}`)
		id := m.connect(m.preset(`, properties: [{name: "source", value: "mail"}]`))
		m.wants(m.Agent(0), fmt.Sprintf(`{ inbox(id: %q) { emailAllowList { nodes } emailChannels { nodes { __typename kind address aliases senderName provider authentication state stateReason
			forwardingAddress imap { host } smtp { host } signature undoSeconds dkim { name } importSince routing { rules { target } offerAgain }
			ticketPreset { pipeline { name } stage { name } priority ownerRule source subject problems properties { name value } } termsAcceptedBy { ... on User { name } } inbox { name } } } } }`, m.InboxIDs[0]),
			`{"data":{"inbox":{"emailAllowList":{"nodes":[]},"emailChannels":{"nodes":[{"__typename":"EmailChannel","kind":"EMAIL","address":"support@example.com","aliases":[],"senderName":null,"provider":"FORWARDING",`+
				`"authentication":null,"state":"CONNECTED","stateReason":null,"forwardingAddress":"_","imap":null,"smtp":null,"signature":null,"undoSeconds":0,"dkim":null,`+
				`"importSince":null,"routing":{"rules":[],"offerAgain":true},"ticketPreset":{"pipeline":{"name":"Support"},"stage":{"name":"New"},"priority":"NONE","ownerRule":"CONVERSATION_ASSIGNEE","source":"EMAIL","subject":"{{email.subject}}","problems":[],"properties":[{"name":"source","value":"mail"}]},`+
				`"termsAcceptedBy":{"name":"Ada Admin"},"inbox":{"name":"Sales"}}]}}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`{ node(id: %q) { __typename ... on Channel { kind } ... on EmailChannel { address } } }`, id),
			`{"data":{"node":{"__typename":"EmailChannel","kind":"EMAIL","address":"support@example.com"}}}`)
		m.wants(m.Agent(0), `mutation { connectPersonalMailbox(input: {address: "support@example.com", provider: GMAIL}) { personalMailbox { id } userErrors { code message field } } }`,
			`{"data":{"connectPersonalMailbox":{"personalMailbox":null,"userErrors":[{"code":"ALREADY_EXISTS","message":"support@example.com is already connected to the inbox \"Sales\". Disconnect it there first.","field":["address"]}]}}}`)
		m.wants(m.Agent(0), `mutation { connectPersonalMailbox(input: {address: "ben@example.com", provider: GMAIL}) { personalMailbox { address provider } userErrors { code } } }`,
			`{"data":{"connectPersonalMailbox":{"personalMailbox":{"address":"ben@example.com","provider":"GMAIL"},"userErrors":[]}}}`)
		m.wants(m.Admin, fmt.Sprintf(`mutation { updateEmailChannel(input: {channelId: %q, aliases: ["ben@example.com"]}) { emailChannel { id } userErrors { code field } } }`, id),
			`{"data":{"updateEmailChannel":{"emailChannel":null,"userErrors":[{"code":"ALREADY_EXISTS","field":["aliases","0"]}]}}}`)
		m.wants(m.Admin, fmt.Sprintf(`mutation { updateEmailChannel(input: {channelId: %q, signature: "<b>Bye</b><script>x</script>", undoSeconds: 30, ticketPreset: null,
			routing: {rules: [{target: UNASSIGNED}], offerAgain: false}}) { emailChannel { signature undoSeconds ticketPreset { stage { name } } routing { rules { target } offerAgain } } userErrors { code } } }`, id),
			`{"data":{"updateEmailChannel":{"emailChannel":{"signature":"\u003cb\u003eBye\u003c/b\u003e","undoSeconds":30,"ticketPreset":null,"routing":{"rules":[{"target":"UNASSIGNED"}],"offerAgain":false}},"userErrors":[]}}}`)
		m.wants(m.Admin, fmt.Sprintf(`mutation { updateEmailAllowList(input: {inboxId: %q, add: ["*.Example.org"]}) { inbox { emailAllowList { nodes } } userErrors { code } } }`, m.InboxIDs[0]),
			`{"data":{"updateEmailAllowList":{"inbox":{"emailAllowList":{"nodes":["*.example.org"]}},"userErrors":[]}}}`)
		m.wants(m.Admin, fmt.Sprintf(`mutation { disconnectEmailChannel(input: {channelId: %q}) { emailChannel { state } userErrors { code } } }`, id),
			`{"data":{"disconnectEmailChannel":{"emailChannel":{"state":"DISCONNECTED"},"userErrors":[]}}}`)
	})
}

// EM-4, IN-11, IN-14: a mail is a message with its files, its quote folded away,
// and its headers; images are shown by addresses of the caller's own.
func TestMailIsAMessage(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		id := m.comes(m.connect(m.preset(`, priority: HIGH`)), question)
		m.wants(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { kind subject toAddress channel { __typename ... on EmailChannel { address } } contact { email }
			possiblyRelated { id } participants { nodes { name address } } tickets { nodes { number subject stage { name } priority source properties { name } contact { email } conversation { subject } } } } }`, id),
			`{"data":{"conversation":{"kind":"EMAIL","subject":"Where is my parcel?","toAddress":"support@example.com","channel":{"__typename":"EmailChannel","address":"support@example.com"},`+
				`"contact":{"email":"ada@example.net"},"possiblyRelated":null,"participants":{"nodes":[{"name":"Ada Example","address":"ada@example.net"},{"name":"Bob","address":"bob@example.net"}]},`+
				`"tickets":{"nodes":[{"number":1,"subject":"Where is my parcel?","stage":{"name":"New"},"priority":"HIGH","source":"EMAIL","properties":[],"contact":{"email":"ada@example.net"},"conversation":{"subject":"Where is my parcel?"}}]}}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages { edges { node { text html quotedHtml attachments { fileName contentType inline scan } } } } } }`, id),
			`{"data":{"conversation":{"messages":{"edges":[{"node":{"text":"Hello",`+
				`"html":"\u003cp\u003eHello \u003cimg src=\"https://parley.example.com/files/attachment_/logo.png?_\u0026amp;inline=1\"/\u003e\u003c/p\u003e",`+
				`"quotedHtml":"\u003cdiv\u003e\u003cdiv\u003eOn Sat, 21 Nov 2026 at 10:00, Support \u0026lt;support@example.com\u0026gt; wrote:\u003cbr/\u003e\u003c/div\u003e\u003cblockquote\u003eYour order\u003c/blockquote\u003e\u003c/div\u003e","attachments":[{"fileName":"logo.png","contentType":"image/png","inline":true,"scan":"NOT_SCANNED"},`+
				`{"fileName":"order.txt","contentType":"text/plain","inline":false,"scan":"NOT_SCANNED"}]}}]}}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages { edges { node { email { messageId inReplyTo from to cc bcc replyTo mailboxes { name address } subject automatic
			verdict { reasons { code } automatic allowed authentication { method } thread problems { code text } } recipients { address } sendAt sentAt attempts rawUrl } } } } } }`, id),
			`{"data":{"conversation":{"messages":{"edges":[{"node":{"email":{"messageId":"one@example.net","inReplyTo":null,"from":"Ada@example.net","to":["support@example.com"],"cc":["bob@example.net"],`+
				`"bcc":[],"replyTo":[],"mailboxes":[{"name":"Ada Example","address":"Ada@example.net"},{"name":null,"address":"support@example.com"},{"name":"Bob","address":"bob@example.net"}],`+
				`"subject":"Where is my parcel?","automatic":false,"verdict":{"reasons":[],"automatic":false,"allowed":null,"authentication":[],"thread":"NOTHING_FOUND","problems":[]},`+
				`"recipients":[],"sendAt":null,"sentAt":null,"attempts":0,"rawUrl":"https://parley.example.com/files/inboundmail_/mail.eml?_"}}}]}}}}`)
		m.nodes(id)
	})
}

// EM-5, EM-9, EM-10, IN-11: what came again shows on the message, who sent it, what a provider
// asks, and what is new in Filtered.
func TestMailOfAllKinds(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		channel := m.connect("")
		id := m.comes(channel, question)
		m.comes(channel, "Received: by other.example\r\n"+question)
		m.wants(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages { nodes { repeats { nodes { messageId problems { code } rawUrl } pageInfo { hasNextPage } } email { sentBy user { id } emailVerified } } } } }`, id),
			`{"data":{"conversation":{"messages":{"nodes":[{"repeats":{"nodes":[{"messageId":"one@example.net","problems":[],"rawUrl":"https://parley.example.com/files/inboundmail_/mail.eml?_"}],"pageInfo":{"hasNextPage":false}},`+
				`"email":{"sentBy":null,"user":null,"emailVerified":true}}]}}}}`)

		m.comes(channel, "From: forwarding-noreply@google.com\r\nSubject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from uma@firm.example\r\nMessage-ID: <g@google.com>\r\n\r\nhttps://mail.google.com/mail/vf-abcdefghijklmnop\r\n")
		m.wants(m.Admin, fmt.Sprintf(`{ channel(id: %q) { ... on EmailChannel { confirmation { provider mailbox code url } } } }`, channel),
			`{"data":{"channel":{"confirmation":{"provider":"google.com","mailbox":"uma@firm.example","code":"123456789","url":"https://mail.google.com/mail/vf-abcdefghijklmnop"}}}}`)

		inbox := m.InboxIDs[0]
		fresh := func(count int) {
			m.t.Helper()
			m.wants(m.Agent(0), fmt.Sprintf(`{ inbox(id: %q) { newFilteredCount } }`, inbox), fmt.Sprintf(`{"data":{"inbox":{"newFilteredCount":%d}}}`, count))
		}
		fresh(0)
		m.comes(channel, "From: sales@firm.example\r\nSubject: Offer\r\nMessage-ID: <s@firm.example>\r\n\r\nBuy\r\n")
		fresh(1)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { markFilteredSeen(input: {inboxId: %q}) { inbox { newFilteredCount } userErrors { code } } }`, inbox),
			`{"data":{"markFilteredSeen":{"inbox":{"newFilteredCount":0},"userErrors":[]}}}`)
		fresh(0)
		m.wants(m.Agent(0), `mutation { markFilteredSeen(input: {inboxId: "inbox_01h455vb4pex5vsknk084sn02q"}) { inbox { id } userErrors { code field } } }`,
			`{"data":{"markFilteredSeen":{"inbox":null,"userErrors":[{"code":"NOT_FOUND","field":["inboxId"]}]}}}`)

		m.wants(m.Admin, fmt.Sprintf(`mutation { updateEmailRoleNames(input: {inboxId: %q, roleNames: ["Sales", "~news", "sales"], filterRoleAddresses: false}) { inbox { roleNames filterRoleAddresses } userErrors { code } } }`, inbox),
			`{"data":{"updateEmailRoleNames":{"inbox":{"roleNames":["sales","~news"],"filterRoleAddresses":false},"userErrors":[]}}}`)
		m.wants(m.Admin, fmt.Sprintf(`mutation { updateEmailRoleNames(input: {inboxId: %q, roleNames: ["sales", "a@b.example"]}) { inbox { id } userErrors { code field } } }`, inbox),
			`{"data":{"updateEmailRoleNames":{"inbox":null,"userErrors":[{"code":"INVALID","field":["roleNames","1"]}]}}}`)
	})
}

// nodes checks that what a mail brought along is found by its id, by members alone.
func (m *mailroom) nodes(conversationID string) {
	m.t.Helper()
	var got struct {
		Conversation struct {
			Tickets  struct{ Nodes []struct{ ID string } }
			Messages struct {
				Edges []struct {
					Node struct {
						Attachments []struct{ ID, URL string }
					}
				}
			}
		}
	}
	m.as(m.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { tickets { nodes { id } } messages { edges { node { attachments { id url } } } } } }`, conversationID), &got)
	file := got.Conversation.Messages.Edges[0].Node.Attachments[0]
	if !strings.HasPrefix(file.URL, "https://parley.example.com/files/"+file.ID+"/logo.png?token=") {
		m.t.Errorf("the file is at %s", file.URL)
	}
	document := fmt.Sprintf(`{ nodes(ids: [%q, %q, %q]) { __typename } }`, file.ID, got.Conversation.Tickets.Nodes[0].ID, m.AccountID)
	m.wants(m.Agent(0), document, `{"data":{"nodes":[{"__typename":"Attachment"},{"__typename":"Ticket"},{"__typename":"Account"}]}}`)
	stranger := testkit.Account(m.t, m.Store)
	m.wants(stranger.Admin, document, `{"data":{"nodes":[null,null,null]}}`)
}

// IN-11: a simulation tells what would become of a mail, and nothing comes of it.
func TestSimulateInboundEmail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		id := m.connect(m.preset(``))
		raw := strings.Replace(question, "Ada@example.net", "no-reply@example.net", 1)
		ask := fmt.Sprintf(`{ simulateInboundEmail(input: {channelId: %q, raw: %s}) { conversation { id } threadReason possiblyRelated { id } duplicateOf { id } filtered
			verdict { reasons { reason code } } contact { id } from { name address } subject text html attachments { fileName contentType size inline } routing { rule } ticket } }`, id, mustJSON(raw))
		m.wants(m.Admin, ask, `{"data":{"simulateInboundEmail":{"conversation":null,"threadReason":"NOTHING_FOUND","possiblyRelated":null,"duplicateOf":null,"filtered":["ROLE_ADDRESS"],`+
			`"verdict":{"reasons":[{"reason":"ROLE_ADDRESS","code":"ROLE_ADDRESS"}]},"contact":null,"from":{"name":"Ada Example","address":"no-reply@example.net"},`+
			`"subject":"Where is my parcel?","text":"Hello","html":"\u003cp\u003eHello \u003cimg src=\"cid:logo\"/\u003e\u003c/p\u003e",`+
			`"attachments":[{"fileName":"logo.png","contentType":"image/png","size":70,"inline":true},{"fileName":"order.txt","contentType":"text/plain","size":8,"inline":false}],`+
			`"routing":null,"ticket":false}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`{ conversations(inboxId: %q, view: {builtIn: EMAIL}) { totalCount } }`, m.InboxIDs[0]), `{"data":{"conversations":{"totalCount":0}}}`)
		if got := m.as(m.Agent(0), ask, nil); !strings.Contains(got, `"FORBIDDEN"`) {
			m.t.Errorf("an agent simulates: %s", got)
		}
	})
}

// mustJSON writes a text as JSON, which GraphQL reads alike.
func mustJSON(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// EM-6: what an agent sends is a mail that waits, and can be taken back until
// then; it is to all who take part, unless the agent says otherwise.
func TestMailGoesOut(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(m *mailroom) {
		channel := m.connect("")
		m.as(m.Admin, fmt.Sprintf(`mutation { updateEmailChannel(input: {channelId: %q, undoSeconds: 60}) { emailChannel { id } } }`, channel), nil)
		id := m.comes(channel, question)
		var sent struct {
			SendMessage struct{ Message struct{ ID string } }
		}
		m.as(m.Agent(0), fmt.Sprintf(`mutation { sendMessage(input: {conversationId: %q, text: "On its way"}) { message { id } } }`, id), &sent)
		message := sent.SendMessage.Message.ID
		m.wants(m.Agent(0), fmt.Sprintf(`{ node(id: %q) { ... on Message { delivery quotedHtml email { from to cc inReplyTo subject attempts rawUrl recipients { address state detail } } } } }`, message),
			`{"data":{"node":{"delivery":"QUEUED","quotedHtml":null,"email":{"from":"support@example.com","to":["Ada@example.net"],"cc":["bob@example.net"],"inReplyTo":"one@example.net",`+
				`"subject":"Re: Where is my parcel?","attempts":0,"rawUrl":null,"recipients":[{"address":"Ada@example.net","state":"QUEUED","detail":null},{"address":"bob@example.net","state":"QUEUED","detail":null}]}}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { undoSend(input: {messageId: %q}) { message { text delivery } userErrors { code } } }`, message),
			`{"data":{"undoSend":{"message":{"text":"","delivery":"CANCELED"},"userErrors":[]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { undoSend(input: {messageId: %q}) { message { delivery email { sendAt recipients { state } } } userErrors { code } } }`, message),
			`{"data":{"undoSend":{"message":{"delivery":"CANCELED","email":{"sendAt":null,"recipients":[{"state":"CANCELED"},{"state":"CANCELED"}]}},"userErrors":[]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { retryMessage(input: {messageId: %q}) { message { id } userErrors { code field } } }`, message),
			`{"data":{"retryMessage":{"message":null,"userErrors":[{"code":"INVALID","field":["messageId"]}]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { sendMessage(input: {conversationId: %q, text: "Bob, please", to: ["bob@example.net"]}) { message { email { to cc } } userErrors { code } } }`, id),
			`{"data":{"sendMessage":{"message":{"email":{"to":["bob@example.net"],"cc":[]}},"userErrors":[]}}}`)
		m.wants(m.Agent(0), fmt.Sprintf(`mutation { startEmailConversation(input: {channelId: %q, to: ["eve@example.net"], bcc: ["boss@example.com"], subject: "Offer", html: "<p>Hi</p>"})
			{ conversation { subject kind contact { email } assignee { name } } message { text html delivery email { to bcc } } userErrors { code } } }`, channel),
			`{"data":{"startEmailConversation":{"conversation":{"subject":"Offer","kind":"EMAIL","contact":{"email":"eve@example.net"},"assignee":{"name":"Ben Agent"}},`+
				`"message":{"text":"Hi","html":"\u003cp\u003eHi\u003c/p\u003e","delivery":"QUEUED","email":{"to":["eve@example.net"],"bcc":["boss@example.com"]}},"userErrors":[]}}}`)
	})
}

// No password, token or key of a channel can be read (EM-1).
func TestCredentialsAreNotServed(t *testing.T) {
	t.Parallel()
	for _, def := range schema().Types {
		if def.Name == "ProveVisitorEmailPayload" { // gives visitors a token of their own
			continue
		}
		if def.Kind != gql.Object || !strings.Contains(def.Name, "Mail") && !strings.Contains(def.Name, "Email") {
			continue
		}
		for _, f := range def.Fields {
			if name := strings.ToLower(f.Name); strings.Contains(name, "password") || strings.Contains(name, "credential") || strings.Contains(name, "token") || strings.Contains(name, "dkimkey") {
				t.Errorf("%s.%s", def.Name, f.Name)
			}
		}
	}
}
