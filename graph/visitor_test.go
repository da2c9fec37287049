package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/ent"
	"parley/graph"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/bus"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/inbox"
	"parley/internal/library"
	"parley/internal/loader"
	"parley/internal/presence"
	"parley/internal/property"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
)

// marker stands in everything that no visitor may read.
const marker = "XSECRETX"

// site is the API of visitors: a chat in which the team says more than the
// visitor may know.
type site struct {
	*testkit.Fixture
	t        *testing.T
	schema   *ast.Schema
	handler  http.Handler
	key      string
	shown    string
	me       context.Context
	token    string
	chat     *ent.Conversation
	services graph.Services
}

func eachSite(t *testing.T, test func(s *site)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		keys, err := secret.Parse(secret.GenerateKey())
		if err != nil {
			t.Fatal(err)
		}
		s := &site{t: t, Fixture: testkit.Account(t, st)}
		bucket, err := blob.Open(t.Context(), "mem://", "")
		s.ok(err)
		staff, contacts := account.New(st), contact.New(st)
		files := attachment.New(st, bucket, keys, staff, "https://parley.example.com", attachment.Options{})
		conversations := desk.Conversations(st, conversation.Deps{Viewers: staff, Contacts: contacts, Attachments: files})
		inboxes := inbox.New(st, staff, conversations, desk.NoMailboxes{})
		settings := settings.New(st, staff, keys, "https://parley.example.com")
		s.services = graph.Services{
			Conversations: conversations, Views: view.New(st), Inboxes: inboxes, ChatSettings: settings, Contacts: contacts, Consents: consent.New(st), Targeting: targeting.New(st), Nodes: loader.New(st), Properties: property.New(st), Library: library.New(st, "https://parley.example"),
			Visitors: visitor.New(st, keys, settings, contacts, conversations, visitor.Options{}), Attachments: files, Events: event.New(st),
		}
		s.services.Presence = newPresence(t, st)
		schema, err := graph.Schema(s.services)
		s.ok(err)
		srv := handler.New(schema)
		srv.AddTransport(transport.POST{})
		srv.AddTransport(transport.MultipartForm{})
		limits := graph.DefaultLimits()
		limits.Complexity *= 10 // the tests ask for everything at once
		graph.Install(srv, limits, declaredOnly(t))
		srv.Use(graph.Batches{})
		s.handler, s.schema = srv, schema.Schema()
		s.furnish()
		test(s)
	})
}

// newPresence is presence on a bus of its own.
func newPresence(t *testing.T, st *store.Store) *presence.Service {
	t.Helper()
	b, err := bus.Open(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return presence.New(st, b, slog.New(slog.DiscardHandler))
}

func (s *site) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// furnish lets a visitor chat with a team that writes secrets everywhere.
func (s *site) furnish() {
	s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
		for _, update := range []interface{ Exec(context.Context) error }{
			tx.Client.User.UpdateOneID(s.AgentIDs[0]).SetEmail(marker + "@example.com"),
			tx.Client.Contact.UpdateOneID(s.ContactID).SetName(marker).SetPhone(marker),
			tx.Client.Conversation.UpdateOneID(s.ConversationIDs[0]).SetSubject(marker),
		} {
			if err := update.Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	m, err := s.services.Targeting.Create(s.Admin, targeting.CreateTargetedMessageInput{ChannelID: s.ChannelIDs[0], Name: marker, WelcomeMessage: "Hello"})
	s.ok(err)
	_, err = s.services.Targeting.Publish(s.Admin, targeting.PublishTargetedMessageInput{TargetedMessageID: m.ID})
	s.ok(err)
	s.shown, s.key = m.ID, "key-"+s.ChannelIDs[0]
	s.enter()
	agent := s.Agent(0)
	say := func(text string, note bool) *ent.Message {
		file, err := s.services.Attachments.Upload(agent, attachment.UploadInput{ConversationID: s.chat.ID, File: strings.NewReader(text), FileName: text + ".txt"})
		s.ok(err)
		m, _, err := s.services.Conversations.SendMessage(agent, conversation.SendMessageInput{
			Target: conversation.On(s.chat.ID), Text: &text, HTML: new("<b>" + text + "</b>"), Note: note, AttachmentIDs: []string{file.ID},
		})
		s.ok(err)
		return m
	}
	say(marker, true)
	gone := say(marker, false)
	_, err = s.services.Conversations.DeleteMessage(agent, conversation.DeleteMessageInput{MessageID: gone.ID})
	s.ok(err)
	say("offer", false)
	edited, _, err := s.services.Conversations.SendMessage(agent, conversation.SendMessageInput{Target: conversation.On(s.chat.ID), Text: new(marker), HTML: new("<b>" + marker + "</b>")})
	s.ok(err)
	_, err = s.services.Conversations.EditMessage(agent, conversation.EditMessageInput{MessageID: edited.ID, Text: new("answer")})
	s.ok(err)
	_, err = s.services.Conversations.Claim(agent, conversation.ClaimConversationInput{Target: conversation.On(s.chat.ID)})
	s.ok(err)
}

// enter begins a session and a chat of a visitor who types the contact's address.
func (s *site) enter() {
	session, err := s.services.Visitors.StartSession(s.t.Context(), visitor.StartVisitorSessionInput{ChannelKey: s.key})
	s.ok(err)
	v, err := s.services.Visitors.Authenticate(s.t.Context(), session.Token)
	s.ok(err)
	s.token, s.me = session.Token, viewer.NewContext(s.t.Context(), v)
	s.chat, err = s.services.Visitors.StartChat(s.me, visitor.StartChatInput{
		TargetedMessageID: s.shown, Text: "question", PageURL: "https://shop.example", Email: new("dora@example.net"),
	})
	s.ok(err)
}

func (s *site) run(ctx context.Context, document string) string {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	s.ok(err)
	return s.post(ctx, "application/json", string(body))
}

// upload runs a document whose variable $file is a text file of that name.
func (s *site) upload(ctx context.Context, name, content, document string) string {
	s.t.Helper()
	operations, err := json.Marshal(map[string]any{"query": document, "variables": map[string]any{"file": nil}})
	s.ok(err)
	var body strings.Builder
	form := multipart.NewWriter(&body)
	s.ok(form.WriteField("operations", string(operations)))
	s.ok(form.WriteField("map", `{"0": ["variables.file"]}`))
	part, err := form.CreateFormFile("0", name)
	s.ok(err)
	_, err = part.Write([]byte(content))
	s.ok(errors.Join(err, form.Close()))
	return s.post(ctx, form.FormDataContentType(), body.String())
}

func (s *site) post(ctx context.Context, contentType, body string) string {
	s.t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Body.String()
}

// all writes a selection of every field below a type; an alias lets types of a
// Node have fields of one name.
func (s *site) all(t *ast.Type, above ...string) string {
	def := s.schema.Types[t.Name()]
	fields := []string{"__typename"}
	if def.IsAbstractType() {
		for _, possible := range s.schema.GetPossibleTypes(def) {
			if possible.Kind == ast.Object && visitorsIn(possible.Directives) && possible.Directives.ForName("visible") != nil {
				fields = append(fields, "... on "+possible.Name+s.all(ast.NamedType(possible.Name, nil), above...))
			}
		}
		return " { " + strings.Join(fields, " ") + " }"
	}
	if def.Kind != ast.Object {
		return ""
	}
	for _, f := range def.Fields {
		if !slices.Contains(above, f.Type.Name()) && visitorsIn(f.Directives) {
			fields = append(fields, def.Name+"_"+f.Name+": "+f.Name+s.all(f.Type, append(above, def.Name)...))
		}
	}
	return " { " + strings.Join(fields, " ") + " }"
}

// visitorsIn reports whether a @visible, if there is one, names visitors.
func visitorsIn(directives ast.DirectiveList) bool {
	visible := directives.ForName("visible")
	return visible == nil || strings.Contains(visible.Arguments.ForName("to").Value.String(), string(viewer.Visitor))
}

// open names the root fields that visitors may call.
func open(root *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone(root.Fields), func(f *ast.FieldDefinition) bool {
		access := f.Directives.ForName("access")
		return access == nil || !strings.Contains(access.Arguments.ForName("to").Value.String(), string(viewer.Visitor))
	})
}

// CH-8, IN-14: whatever a visitor asks for, with every field that there is, no
// note, no deleted or edited text, no contact, no address of an agent and no
// name that the team gave comes back.
func TestVisitorsReadNoSecret(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		arguments := map[string]string{
			"node":                        fmt.Sprintf(`(id: %q)`, viewer.FromContext(s.me).ActorID),
			"nodes":                       fmt.Sprintf(`(ids: [%q, %q])`, viewer.FromContext(s.me).ActorID, s.chat.ID),
			"viewer":                      "",
			"widget":                      fmt.Sprintf(`(channelKey: %q, pageUrl: "https://shop.example")`, s.key),
			"visitorConversations":        "(first: 1)",
			"searchKnowledge":             `(query: "hours")`,
			"visitorConversation":         fmt.Sprintf(`(id: %q)`, s.chat.ID),
			"startVisitorSession":         fmt.Sprintf(`(input: {channelKey: %q, token: %q})`, s.key, s.token),
			"startChat":                   fmt.Sprintf(`(input: {targetedMessageId: %q, text: "hello", pageUrl: "https://shop.example"})`, s.shown),
			"sendVisitorMessage":          fmt.Sprintf(`(input: {conversationId: %q, text: "hello"})`, s.chat.ID),
			"submitVisitorFields":         fmt.Sprintf(`(input: {targetedMessageId: %q, fields: [{field: "name", value: "Dora"}]})`, s.shown),
			"setVisitorProperties":        `(input: {properties: [{field: "name", value: "Dora"}]})`,
			"captureVisitorEmail":         `(input: {email: "dora@example.net"})`,
			"setTyping":                   fmt.Sprintf(`(input: {conversationId: %q, typing: true})`, s.chat.ID),
			"markVisitorConversationRead": fmt.Sprintf(`(input: {conversationId: %q})`, s.chat.ID),
			"withdrawConsent":             `(input: {consents: {kind: PROCESS}})`,
			"recordVisitorConsent":        fmt.Sprintf(`(input: {targetedMessageId: %q, consent: true, pageUrl: "https://shop.example"})`, s.shown),
			"recordWidgetView":            fmt.Sprintf(`(input: {targetedMessageId: %q, kind: OPENED})`, s.shown),
			"uploadVisitorAttachment":     fmt.Sprintf(`(input: {conversationId: %q, file: $file})`, s.chat.ID),
			"endVisitorSession":           `(input: {})`,
			"trackPageView":               `(input: {url: "https://shop.example", title: "Shop"})`,
		}
		for operation, root := range map[string]*ast.Definition{"query": s.schema.Query, "mutation": s.schema.Mutation} {
			for _, f := range open(root) {
				switch f.Name {
				case "setTyping": // it answers nothing, and needs the bus
					continue
				case "rateConversation": // of a closed chat, and it answers as others do
					continue
				case "requestVisitorEmailCode", "proveVisitorEmail": // they need mail, and answer as others do
					continue
				}
				with, known := arguments[f.Name]
				if !known {
					s.t.Errorf("%s: visitors may call it, but this test does not know how", f.Name)
					continue
				}
				var answer string
				if strings.Contains(with, "$file") {
					answer = s.upload(s.me, "receipt.txt", "1 EUR", operation+"($file: Upload!) { "+f.Name+with+s.all(f.Type)+" }")
				} else {
					answer = s.run(s.me, operation+" { "+f.Name+with+s.all(f.Type)+" }")
				}
				if strings.Contains(answer, marker) {
					s.t.Errorf("%s gives secrets away: %s", f.Name, answer)
				}
				if strings.Contains(answer, `"errors"`) || strings.Contains(answer, `"code":`) {
					s.t.Errorf("%s: %s", f.Name, answer)
				}
			}
		}
		chat := s.run(s.me, fmt.Sprintf(`{ visitorConversation(id: %q) { messages { edges { node { number direction text authorName attachments { fileName } } } } } }`, s.chat.ID))
		for _, want := range []string{
			`{"number":3,"direction":"OUTGOING","text":"offer","authorName":"Ben Agent","attachments":[{"fileName":"offer.txt"}]}`,
			`{"number":4,"direction":"OUTGOING","text":"answer","authorName":"Ben Agent","attachments":[]}`,
		} {
			if !strings.Contains(chat, want) {
				s.t.Errorf("the answer %s is missing: %s", want, chat)
			}
		}
	})
}

// Another visitor, and a stranger, get nothing of the chat.
func TestStrangersReadNothing(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		chat := s.chat.ID
		ask := fmt.Sprintf(`{ visitorConversation(id: %q) { id messages { edges { node { text } } } } visitorConversations { nodes { id } } }`, chat)
		stranger := s.run(viewer.NewContext(s.t.Context(), viewer.Anonymous()), ask)
		if !strings.Contains(stranger, "UNAUTHENTICATED") || strings.Contains(stranger, "question") {
			s.t.Error(stranger)
		}
		s.enter()
		if answer := s.run(s.me, ask); strings.Contains(answer, chat) || !strings.Contains(answer, s.chat.ID) {
			s.t.Error(answer)
		}
		node := s.run(s.me, fmt.Sprintf(`{ node(id: %q) { id } }`, chat))
		if node != `{"data":{"node":null}}` {
			s.t.Error(node)
		}
	})
}

// A refusal is an answer within the payload, on the field that is to blame.
func TestVisitorsUserErrors(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		for document, want := range map[string]string{
			`mutation { startVisitorSession(input: {channelKey: "nobody"}) { token userErrors { code field } } }`:                                          `{"token":null,"userErrors":[{"code":"NOT_FOUND","field":["channelKey"]}]}`,
			`mutation { sendVisitorMessage(input: {conversationId: "conversation_1", text: "a"}) { message { id } userErrors { code field } } }`:           `{"message":null,"userErrors":[{"code":"NOT_FOUND","field":["conversationId"]}]}`,
			fmt.Sprintf(`mutation { sendVisitorMessage(input: {conversationId: %q, text: " "}) { message { id } userErrors { code field } } }`, s.chat.ID): `{"message":null,"userErrors":[{"code":"REQUIRED","field":["text"]}]}`,
		} {
			if got := s.run(s.me, document); !strings.Contains(got, want) {
				s.t.Errorf("got %s, want %s", got, want)
			}
		}
		if got := s.run(s.t.Context(), `{ widget(channelKey: "nobody", pageUrl: "https://a.example") { title } }`); !strings.Contains(got, `"NOT_FOUND"`) {
			s.t.Error(got)
		}
	})
}
