package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/internal/clock"
)

// AG-3: of all who accept and dismiss a proposal at once one decides; the others hear of it.
func TestProposalsAreDecidedOnce(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		c := site.chat("Hello")
		program := a.program(site.inboxID, "conversations:read", "proposals:write")
		sent := 0
		for round := range 5 {
			words := fmt.Sprint("Answer ", round)
			p, codes := a.proposes(program, c.conversationID, words)
			if codes != "" {
				t.Fatal(codes)
			}
			var group sync.WaitGroup
			answers := make([]string, 8)
			for i := range answers {
				operation := map[string]any{"query": acceptProposal, "variables": input("proposalId", text(p, "id"))}
				if i%2 == 1 {
					operation["query"] = `mutation($in: DismissProposalInput!) { dismissProposal(input: $in) { proposal { state } userErrors { code } } }`
				}
				group.Go(func() {
					answers[i], _ = postOnce(t.Context(), a.url, adminToken, operation) //errors:contained the answer says it
				})
			}
			group.Wait()
			decided, refused := 0, 0
			for _, answer := range answers {
				decided += strings.Count(answer, `"userErrors":[]`)
				refused += strings.Count(answer, `"CONFLICT"`)
			}
			if decided != 1 || refused != len(answers)-1 {
				t.Errorf("decided %d times, refused %d times: %v", decided, refused, answers)
			}
			state := text(a.proposed(c.conversationID, "[ACCEPTED, DISMISSED]"), 0, "state")
			if state == "ACCEPTED" {
				sent++
			}
			if has := strings.Count(a.transcript(c.conversationID), words); (state == "ACCEPTED") != (has == 1) || has > 1 {
				t.Errorf("it is %s, and was sent %d times", state, has)
			}
		}
		if n := a.logged("PROPOSAL_ACCEPTED"); n != sent {
			t.Errorf("the log has %d acceptances, want %d", n, sent)
		}
	})
}

// BT-1, AG-5: a bot that is archived while a worker has its turn goes on where it is used;
// one of another inbox, and an agent who does not see the inbox, neither answer nor stop it.
func TestTurnsAreOneBotsOwn(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		r, other := a.worker(nil), a.worker(nil)
		c := r.site.chat("Where is my order?")
		d := r.expect(r.work(1), "CONTACT_WROTE", c.conversationID)
		if got := a.codes(adminToken, "archiveBot", "ArchiveBotInput", "botId", r.id); got != "" {
			t.Fatal(got)
		}
		if got := other.step(other.token, d) + " " + other.reply(d); got != "NOT_FOUND NOT_FOUND" {
			t.Errorf("another bot works on it: %q", got)
		}
		if got := r.step(r.token, d) + r.reply(d); got != "" {
			t.Errorf("archived, it does not go on: %q", got)
		}
		r.saysAll(c.conversationID, "> Where is my order?", "It is on its way.")
	})
}
