package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/slack"
	"parley/internal/testkit"
	"parley/internal/testkit/slackserver"
)

const slackRoom = "C0SUPPORT"

// desk is an inbox whose conversations go to a channel of a Slack.
type slackDesk struct {
	*office
	slack       *slackserver.Server
	workspaceID string
	channelID   string
}

// newSlack is a Slack with a channel, and people: Ben is a user of Parley with a seat in the
// inbox, Zoe is none, Gus is a guest with Ben's address.
func newSlack(t *testing.T) *slackserver.Server {
	t.Helper()
	s := slackserver.Start(t, slack.Scopes)
	s.AddChannel(slackserver.Channel{ID: slackRoom, Name: "support"})
	s.AddUser(slackserver.User{ID: "U0BEN", Name: "Ben", Email: "Ben@example.com"})
	s.AddUser(slackserver.User{ID: "U0ZOE", Name: "Zoe", Email: "zoe@elsewhere.example"})
	s.AddUser(slackserver.User{ID: "U0GUS", Name: "Gus", Email: "ben@example.com", Guest: true})
	return s
}

// slackEnv are the variables of a server that uses a Slack.
func slackEnv(s *slackserver.Server) []string {
	return []string{
		"PARLEY_SLACK_CLIENT_ID=" + slackserver.ClientID, "PARLEY_SLACK_CLIENT_SECRET=" + slackserver.ClientSecret, "PARLEY_SLACK_SIGNING_SECRET=" + slackserver.SigningSecret,
		"PARLEY_SLACK_URL=" + s.URL, "PARLEY_SLACK_NETWORKS=127.0.0.0/8",
	}
}

// eachSlack runs a test with a desk on both databases.
func eachSlack(t *testing.T, test func(t *testing.T, d *slackDesk)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := newSlack(t)
		a := serveTest(t, db.Open(t, clock.System{}), func(set *serverSettings) {
			set.SlackClientID, set.SlackClientSecret, set.SlackSigningSecret = slackserver.ClientID, slackserver.ClientSecret, slackserver.SigningSecret
			set.SlackURL, set.SlackNetworks, set.slackPace, set.slackSweep = s.URL, []string{"127.0.0.0/8"}, time.Millisecond, 200*time.Millisecond
			set.ConversationURL = "https://inbox.example/c/{id}"
		})
		test(t, a.slackDesk(s))
	})
}

// slackDesk connects a Slack's channel to a new inbox.
func (a *api) slackDesk(s *slackserver.Server) *slackDesk {
	a.t.Helper()
	s.Serves(a.url)
	d := &slackDesk{slack: s}
	if a.store != nil {
		d.office = a.office()
	} else { // another process: Ben needs no token
		d.office = &office{api: a, site: a.channel()}
		made := a.do(adminToken, `mutation { createUser(input: {name: "Ben", email: "ben@example.com"}) { user { id } userErrors { message } } }`, nil)
		d.ben = text(made, "createUser", "user", "id")
		a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", d.site.inboxID, "addUserIds", []string{d.ben}))
	}
	d.install()
	d.channelID = d.connect(d.site.inboxID, slackRoom)
	return d
}

// install connects the workspace, or connects it again.
func (d *slackDesk) install() {
	d.t.Helper()
	begun := d.do(adminToken, `mutation { beginSlackInstall(input: {}) { authorizationUrl userErrors { message } } }`, nil)
	at, err := url.Parse(text(begun, "beginSlackInstall", "authorizationUrl"))
	ok(d.t, err)
	query := at.Query()
	if query.Get("redirect_uri") != d.url+"/slack/oauth" || query.Get("client_id") != slackserver.ClientID || !strings.Contains(query.Get("scope"), "chat:write") {
		d.t.Errorf("the app is installed at %s", at)
	}
	done := d.do(adminToken, `mutation($in: FinishSlackInstallInput!) { finishSlackInstall(input: $in) { slackWorkspace { id teamId name state problem connectedBy { id } } userErrors { message } } }`,
		input("state", query.Get("state"), "code", "code-1"))
	d.workspaceID = text(done, "finishSlackInstall", "slackWorkspace", "id")
	if text(done, "finishSlackInstall", "slackWorkspace", "state") != "CONNECTED" {
		d.t.Errorf("connected: %v", done)
	}
}

// connect connects a channel to an inbox.
func (d *slackDesk) connect(inboxID, slackID string, more ...any) string {
	d.t.Helper()
	done := d.do(adminToken, `mutation($in: ConnectSlackChannelInput!) { connectSlackChannel(input: $in) { slackChannel { id name state } userErrors { message } } }`,
		input(append([]any{"inboxId", inboxID, "slackWorkspaceId", d.workspaceID, "slackId", slackID}, more...)...))
	return text(done, "connectSlackChannel", "slackChannel", "id")
}

// thread waits for the first post of the only thread, or of the last one.
func (d *slackDesk) thread() slackserver.Message {
	d.t.Helper()
	var list []slackserver.Message
	d.slack.Await("a first post", func() bool { list = d.slack.Messages(slackRoom, ""); return len(list) > 0 })
	return list[len(list)-1]
}

// shows waits until the thread has a post with some words, and returns it.
func (d *slackDesk) shows(threadTS, words string) (found slackserver.Message) {
	d.t.Helper()
	d.slack.Await("a post with “"+words+"”", func() bool {
		for _, m := range d.slack.Messages(slackRoom, threadTS) {
			if m.User == slackserver.BotUser && strings.Contains(m.Text, words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// marked waits until what someone wrote has a mark.
func (d *slackDesk) marked(threadTS, ts, mark string) {
	d.t.Helper()
	d.slack.Await(ts+" marked "+mark, func() bool {
		for _, m := range d.slack.Messages(slackRoom, threadTS) {
			if m.TS == ts {
				return len(m.Reactions) == 1 && m.Reactions[0] == mark
			}
		}
		return false
	})
}

// header waits until the first post says something.
func (d *slackDesk) header(ts, words string) {
	d.t.Helper()
	d.slack.Await("a first post with "+words, func() bool {
		for _, m := range d.slack.Messages(slackRoom, "") {
			if m.TS == ts && strings.Contains(m.Blocks, words) {
				return true
			}
		}
		return false
	})
}

// lines are the messages of a conversation: direction, author and text.
func (d *slackDesk) lines(conversationID string) string {
	d.t.Helper()
	got := d.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { direction text markdown author { __typename ... on User { name } ... on Integration { name } } attachments { fileName } } } } }`,
		map[string]any{"id": conversationID})
	var b strings.Builder
	list, _ := at(got, "conversation", "messages", "nodes").([]any)
	for _, m := range list {
		b.WriteString(text(m, "direction") + " " + text(m, "author", "name") + ": " + text(m, "text"))
		files, _ := at(m, "attachments").([]any)
		for _, f := range files {
			b.WriteString(" +" + text(f, "fileName"))
		}
		b.WriteString("\n")
	}
	return b.String()
}
