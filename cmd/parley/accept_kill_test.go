package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/internal/secret"
	"parley/internal/testkit"
)

const acceptProposal = `mutation($in: AcceptProposalInput!) { acceptProposal(input: $in) { proposal { state } userErrors { code } } }`

// postOnce asks a server for something once, and returns its answer as it is.
func postOnce(ctx context.Context, url, token string, operation map[string]any) (string, error) {
	body, err := json.Marshal(operation)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(response.Body)
	return string(raw), errors.Join(err, response.Body.Close())
}

// tries asks for something whose answer a kill takes; the channel is closed when it did.
func (a *api) tries(token, query string, variables map[string]any) (ended chan struct{}) {
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = postOnce(a.t.Context(), a.url, token, map[string]any{"query": query, "variables": variables}) //errors:contained the server dies
	}()
	return ended
}

// AG-3: a server that is killed at any write of an acceptance has done what was proposed and
// marked the proposal, or neither; who asks again with the same key has it done once.
func TestAcceptancesOutliveKills(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		env := serverEnv(t, db, secret.GenerateKey())
		s := startServer(t, env...)
		site := s.channel()
		c := site.chat("Hello")
		program := s.program(site.inboxID, "conversations:read", "proposals:write")
		ofChat := "NEW.conversation_id = '" + c.conversationID + "'"
		accepted := ofChat + " AND NEW.state = 'ACCEPTED'"
		places := []standing{
			{"idempotency_keys", "INSERT", "NEW.mutation = 'acceptProposal'", false},
			{"messages", "INSERT", ofChat + " AND NEW.direction = 'OUTGOING'", false},
			{"conversations", "UPDATE", "NEW.id = '" + c.conversationID + "'", false},
			{"proposals", "UPDATE", accepted, false},
			{"events", "INSERT", ofChat + " AND NEW.type = 'PROPOSAL_ACCEPTED'", false},
		}
		if db.URL() != "" {
			places = append(places, standing{"proposals", "UPDATE", accepted, true})
		}
		g := newGate(t, db, env)
		for i, at := range places {
			words := fmt.Sprint("Answer ", i)
			p, codes := s.proposes(program, c.conversationID, words)
			if codes != "" {
				t.Fatal(codes)
			}
			s.stop()
			g.close(at)
			s = startServer(t, env...)
			ended := s.tries(adminToken, acceptProposal, input("proposalId", text(p, "id"), "idempotencyKey", words))
			g.reached()
			s.kill()
			<-ended
			g.open()
			s = startServer(t, env...)
			state := text(s.proposed(c.conversationID, "[WAITING, ACCEPTED]"), 0, "state")
			sent := strings.Contains(s.transcript(c.conversationID), words)
			if sent != at.commit || (state == "ACCEPTED") != at.commit {
				t.Errorf("killed at %+v: it is %s; sent: %v", at, state, sent)
			}
			for _, key := range []string{words, words} {
				if done, codes := s.accepts(adminToken, p, "idempotencyKey", key); codes != "" || text(done, "message", "text") != words {
					t.Errorf("asked again after a kill at %+v: %s %v", at, codes, done)
				}
			}
			if _, codes := s.accepts(adminToken, p); codes != "CONFLICT" {
				t.Errorf("accepted twice: %q", codes)
			}
		}
		want := "> Hello"
		for i := range places {
			want += fmt.Sprint("\nAnswer ", i)
		}
		if got := s.transcript(c.conversationID); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if n := s.logged("PROPOSAL_ACCEPTED"); n != len(places) {
			t.Errorf("%d acceptances are in the log, want %d", n, len(places))
		}
		s.kill()
	})
}
