package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/clock"
)

// botFolder is the bot of docs/bots.md that is written in Go.
const botFolder = "../../docs/examples/bots/proposer"

// runBot runs a bot of docs/bots.md until the test ends.
func (r *robot) runBot(scopes []string, name string, args ...string) {
	r.t.Helper()
	granted := r.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
		input("name", "Worker", "botId", r.id, "scopes", scopes))
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, append(args, r.url+"/graphql")...)
	cmd.Env = append(os.Environ(), "PARLEY_TOKEN="+text(granted, "createApiToken", "token"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
	})
}

// AG-5, AG-8: the bot in TypeScript of docs/bots.md answers out of the knowledge base, and
// leaves to people what that does not have.
func TestExampleBotAnswers(t *testing.T) {
	t.Parallel()
	buildExample(t)
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		a.do(adminToken, `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) { userErrors { message } } }`,
			input("kind", "ARTICLE", "name", "Parcels", "markdown", "A parcel takes two days.", "article", map[string]any{"state": "PUBLISHED"}))
		r.runBot([]string{"conversations:read", "conversations:write", "bots:work"}, "node", exampleFolder+"/dist/bot.js")
		known, unknown := r.site.chat("When does my parcel come?"), r.site.chat("Quousque tandem?")
		a.reads(known, "A parcel takes two days.")
		r.becomes(known.conversationID, "AWAITING_CONTACT", "ACTIVE")
		r.becomes(unknown.conversationID, "FAILED", "HANDED_OFF")
	})
}

// AG-3, AG-5: the bot in Go of docs/bots.md says nothing until a person accepts its draft,
// and hands off what is refused.
func TestExampleBotProposes(t *testing.T) {
	t.Parallel()
	built := filepath.Join(t.TempDir(), "proposer")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built, botFolder).CombinedOutput(); err != nil {
		t.Fatalf("%s does not compile: %v\n%s", botFolder, err, out)
	}
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r := a.worker(nil)
		r.runBot([]string{"conversations:read", "bots:work", "proposals:write"}, built)
		good, bad := r.site.chat("Where is my parcel?"), r.site.chat("I hate you")
		decide := func(c chat, mutation, inputType string, more ...any) {
			t.Helper()
			var proposal string
			a.until("there is a draft", func() bool {
				shown := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { agentRuns { state } proposals { nodes { id text } } } }`, map[string]any{"id": c.conversationID})
				proposal = text(shown, "conversation", "proposals", "nodes", 0, "id")
				return proposal != "" && text(shown, "conversation", "agentRuns", 0, "state") == "AWAITING_APPROVAL"
			})
			if got := a.codes(adminToken, mutation, inputType, append([]any{"proposalId", proposal}, more...)...); got != "" {
				t.Errorf("%s: %s", mutation, got)
			}
		}
		decide(good, "acceptProposal", "AcceptProposalInput")
		a.reads(good, "Thank you for your message about \"Where is my parcel?\"")
		decide(bad, "dismissProposal", "DismissProposalInput", "note", "Do not quote insults.")
		r.becomes(bad.conversationID, "FAILED", "HANDED_OFF")
		steps := fmt.Sprint(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { agentRuns { steps { nodes { text } } } } }`, map[string]any{"id": bad.conversationID}))
		if !strings.Contains(steps, "The draft was refused: Do not quote insults.") {
			t.Errorf("steps: %s", steps)
		}
	})
}
