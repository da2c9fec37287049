package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/testkit"
	"parley/internal/testkit/smtpserver"
)

// letter is a mail with a quotation and a picture on another server.
const letter = `From: Ada Lovelace <ada@example.com>
To: support@shop.example
Cc: Charles <charles@example.com>
Subject: The broken lamp
Message-ID: <lamp@mail.example.com>
Date: Mon, 16 Nov 2026 09:00:00 +0000
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<p>Look at this picture: <img src="https://pictures.example/lamp.png" width="20" height="20" alt="The lamp"></p>
<div class="gmail_quote"><div class="gmail_attr">On Mon, 16 Nov 2026, Support wrote:</div><blockquote class="gmail_quote">Please send us a picture.</blockquote></div>
`

// people makes two members of the inboxes, in a team, and returns their tokens.
func (a *api) people(inboxIDs ...string) (ana, ben string) {
	a.t.Helper()
	var ids []string
	for _, name := range []string{"Ana", "Ben"} {
		made := a.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`, input("name", name, "email", strings.ToLower(name)+"@example.com"))
		ids = append(ids, text(made, "createUser", "user", "id"))
	}
	made := a.do(adminToken, `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { message } } }`, input("name", "Repairs", "userIds", ids))
	for _, id := range inboxIDs {
		a.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", id, "addTeamIds", []string{text(made, "createTeam", "team", "id")})
	}
	return a.granted(adminToken, "userId", ids[0], "inbox"), a.granted(adminToken, "userId", ids[1], "inbox")
}

// DX-1: what an agent does with conversations in the example inbox: filters and saved views, a long list, assigning,
// closing, spam, blocking, deleting and undoing, transcripts, drafts, recipients, files, pictures, conflicts, being
// offline, the switches, the settings of a chat; accessible in light, dark, on a phone and from right to left.
func TestExampleInboxAtWork(t *testing.T) {
	t.Parallel()
	node, built := buildInbox(t)
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		out := smtpserver.Start(t, smtpserver.Options{})
		out.AtRecipient("full@example.com", smtpserver.Refuse())
		a := serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
			s.MaxComplexity = 50_000 // as where no one says otherwise
			s.AllowedOrigins, s.SMTPURL, s.MailFrom = []string{"*"}, "smtp://"+out.Address(), "Parley <parley@shop.example>"
		})
		m := a.mailbox("support@shop.example")
		a.codes(adminToken, "updateEmailChannel", "UpdateEmailChannelInput", "channelId", m.channelID, "undoSeconds", 30)
		site := a.channelNamed("Shop")
		ana, ben := a.people(m.inboxID, site.inboxID)
		m.forward("ada@example.com", letter)
		mail := text(m.conversations("ALL", 1)[0], "id")
		a.do(adminToken, `mutation { createLibraryItem(input: {kind: TEMPLATE, name: "Sorry", shortcut: "sorry", markdown: "We are sorry."}) { userErrors { message } } }`, nil)

		filled, err := demo.Fill(t.Context(), a.store, demo.Options{Conversations: 3000, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}

		a.browse(node, built, []string{"list", "thread", "compose", "settings", "look"},
			"PARLEY_TOKEN="+ana, "DEMO_TOKEN="+filled.AgentToken, "COLLEAGUE_TOKEN="+ben, "ADMIN_TOKEN="+adminToken, "MAIL_CONVERSATION="+mail, "CHAT_CHANNEL="+site.channelID, "CHAT_KEY="+site.key, "CHAT_MESSAGE="+site.shown, "CHAT_INBOX="+site.inboxID, "MAIL_INBOX="+m.inboxID, "MAIL_CHANNEL="+m.channelID)
	})
}

// browse runs tests of the example inbox in a browser.
func (a *api) browse(node, built string, files []string, env ...string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), browsing)
	defer cancel()
	args := []string{"--test", "--test-concurrency=1"}
	for _, file := range files {
		args = append(args, filepath.Join(inboxFolder, "test", file+".test.mjs"))
	}
	run := exec.CommandContext(ctx, node, args...)
	run.Env = append(append(os.Environ(), "PARLEY_URL="+a.url, "INBOX_OUT="+built, "CHROMIUM="+chromium), env...)
	if out, err := run.CombinedOutput(); err != nil {
		a.t.Errorf("%v\n%s", err, out)
	}
}
