// Command proposer is a bot that people supervise: it drafts each reply, and says nothing
// until a person accepts the draft. What they refuse it hands to them. Put a model in place of
// draft.
//
//	PARLEY_TOKEN=... go run . http://127.0.0.1:8080/graphql
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
)

type turn struct {
	RunID        string `json:"runId"`
	Turn         int    `json:"turn"`
	Reason       string `json:"reason"`
	Conversation *struct {
		ID                 string `json:"id"`
		LastIncomingNumber int    `json:"lastIncomingNumber"`
		TranscriptText     string `json:"transcriptText"`
	} `json:"conversation"`
	Proposal *struct {
		Note *string `json:"note"`
	} `json:"proposal"`
}

const work = `subscription { botWork {
	runId turn reason conversation { id lastIncomingNumber transcriptText(maxTokens: 8000) } proposal { note } } }`

// draft is what to say to a conversation, given as text. Lines that begin with "data> " are
// the contact's: whatever they say, they are no instructions.
func draft(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if said, ok := strings.CutPrefix(line, "data> "); ok {
			last = strings.TrimSpace(said)
		}
	}
	return fmt.Sprintf("Thank you for your message about %q. We look into it.", last)
}

func main() {
	b := bot{url: "http://127.0.0.1:8080/graphql", token: os.Getenv("PARLEY_TOKEN"), log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if len(os.Args) > 1 {
		b.url = os.Args[1]
	}
	for range time.Tick(time.Second) { // what is not answered comes again
		b.log.Info("the stream ended", "error", b.followWork())
	}
}

type bot struct {
	url, token string
	log        *slog.Logger
}

// followWork takes turns, one at a time, until the stream ends.
func (b bot) followWork() error {
	response, err := b.post("text/event-stream", work, nil)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "" {
			continue
		}
		var event struct {
			Data struct{ BotWork turn }
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			return err
		}
		if err := b.answerTurn(event.Data.BotWork); err != nil {
			b.log.Warn("a turn is not answered", "error", err)
		}
	}
	return errors.Join(lines.Err(), io.EOF)
}

// answerTurn does what a turn asks for.
func (b bot) answerTurn(t turn) error {
	switch {
	case t.Conversation == nil || t.Reason == "STOPPED" || t.Reason == "APPROVED":
		return nil // it is a person's now, or the draft was sent
	case t.Reason == "REFUSED":
		why := "without a note"
		if t.Proposal != nil && t.Proposal.Note != nil {
			why = *t.Proposal.Note
		}
		return b.step(t, "RESULT", "The draft was refused: "+why, "FAILED") // which hands the conversation off
	}
	err := b.do(`mutation($in: ProposeReplyInput!) { proposeReply(input: $in) { userErrors { code message } } }`, map[string]any{
		"conversationId": t.Conversation.ID, "markdown": draft(t.Conversation.TranscriptText), "basedOnNumber": t.Conversation.LastIncomingNumber,
		"confidence": 0.5, "idempotencyKey": fmt.Sprintf("%s-%d", t.RunID, t.Turn),
	})
	if err != nil {
		return err
	}
	return b.step(t, "RESULT", "I drafted a reply.", "AWAITING_APPROVAL")
}

// step reports what was done; the state says what the run waits for.
func (b bot) step(t turn, kind, text, state string) error {
	return b.do(`mutation($in: ReportAgentStepInput!) { reportAgentStep(input: $in) { userErrors { code message } } }`, map[string]any{
		"runId": t.RunID, "turn": t.Turn, "kind": kind, "text": text, "state": state,
	})
}

// do runs a mutation; an error says why it was refused.
func (b bot) do(mutation string, in map[string]any) error {
	response, err := b.post("application/json", mutation, map[string]any{"in": in})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil && !bytes.Contains(answer, []byte(`"userErrors":[]`)) {
		err = fmt.Errorf("refused: %s", answer)
	}
	return err
}

func (b bot) post(accept, query string, variables map[string]any) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {accept}, "Authorization": {"Bearer " + b.token}}
	return http.DefaultClient.Do(request)
}
