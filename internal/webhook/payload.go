package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// payloadVersion is that of new endpoints. What stands here of a version is frozen: another
// one gets types of its own.
const payloadVersion = 1

// testType is the type of a test.
const testType = "WEBHOOK_TEST"

// maxResult is the most bytes of a document's answer.
const maxResult = 256 << 10

type (
	body struct {
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      data   `json:"data"`
	}
	data struct {
		Sequence     int64           `json:"sequence"`
		Event        *eventV1        `json:"event"`
		Result       json.RawMessage `json:"result,omitempty"`
		ResultErrors []ResultError   `json:"resultErrors,omitempty"`
	}
	eventV1 struct {
		ID             string     `json:"id"`
		Sequence       int64      `json:"sequence"`
		Type           string     `json:"type"`
		OccurredAt     string     `json:"occurredAt"`
		Actor          actorV1    `json:"actor"`
		InboxID        *string    `json:"inboxId"`
		ConversationID *string    `json:"conversationId"`
		MessageID      *string    `json:"messageId"`
		SubjectID      *string    `json:"subjectId"`
		Revision       *int       `json:"revision"`
		Changes        []changeV1 `json:"changes"`
	}
	actorV1 struct {
		Kind string  `json:"kind"`
		ID   *string `json:"id"`
	}
	changeV1 struct {
		Field   string   `json:"field"`
		From    *string  `json:"from"`
		To      *string  `json:"to"`
		Added   []string `json:"added,omitempty"`
		Removed []string `json:"removed,omitempty"`
	}
)

// bodyOf is what a delivery of an event carries, without an answer of a document.
func bodyOf(e *ent.Event) *body {
	of := &eventV1{
		ID: e.ID, Sequence: e.Sequence, Type: string(e.Type), OccurredAt: stamp(e.OccurredAt), Actor: actorV1{string(e.ActorKind), orNull(e.ActorID)},
		InboxID: orNull(e.InboxID), ConversationID: orNull(e.ConversationID), MessageID: orNull(e.MessageID), SubjectID: orNull(e.SubjectID),
		Changes: make([]changeV1, len(e.Changes)),
	}
	if e.ConversationID != "" && e.Revision > 0 {
		of.Revision = &e.Revision
	}
	for i, c := range e.Changes {
		of.Changes[i] = changeV1{c.Field, c.From, c.To, c.Added, c.Removed}
	}
	return &body{Type: string(e.Type), Timestamp: of.OccurredAt, Data: data{Sequence: e.Sequence, Event: of}}
}

// testBody is what a test carries.
func testBody(at clock.Micros) *body { return &body{Type: testType, Timestamp: stamp(at)} }

// stamp writes a time with all its microseconds.
func stamp(at clock.Micros) string { return at.Time().Format("2006-01-02T15:04:05.000000Z") }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// encode writes a body as it is signed and sent.
func (b *body) encode() ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(b)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

// renderTime bounds a document's answer.
const renderTime = 10 * time.Second

// patientAttempts is how often a delivery waits for a document that could not be read, through no
// fault of its own, before it goes out without.
const patientAttempts = 3

// addResult has the endpoint's document answered for an event. It returns what is wrong with
// the document; "": nothing. later: it could not be read now, and may be in a moment.
func (s *Service) addResult(ctx context.Context, b *body, v *viewer.Viewer, document string, e *ent.Event) (problem string, later bool) {
	ctx, cancel := context.WithTimeout(viewer.NewContext(ctx, v), renderTime)
	defer cancel()
	result, faults := s.documents.Run(ctx, v, document, e)
	if len(result) > maxResult {
		result, faults = nil, []ResultError{{Message: "The answer is larger than 256 kB. Ask for less.", Code: "COMPLEXITY_LIMIT"}}
	}
	if len(faults) == 0 {
		b.Data.Result = result
		return "", false
	}
	b.Data.ResultErrors = faults[:min(len(faults), maxFaults)]
	later = slices.ContainsFunc(faults, func(f ResultError) bool {
		return f.Code == string(errs.Internal) || f.Code == string(errs.Unavailable)
	})
	return faults[0].Message, later
}

// maxFaults is how many errors of a document are sent.
const maxFaults = 10
