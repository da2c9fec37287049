package annotation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entannotation "parley/ent/annotation"
	entmessage "parley/ent/message"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxValue and maxModel are the most characters of an annotation.
	maxValue, maxModel = 4_000, 200
	// maxOfConversation and maxOfMessage are how many a conversation, and a message, has.
	maxOfConversation, maxOfMessage = 100, 20
	// maxEarlier is how many superseded ones are kept of each.
	maxEarlier = 10
)

// known are the kinds that every reader knows.
var known = []string{"SUMMARY", "LANGUAGE", "SENTIMENT", "INTENT"}

var ownKind = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,49}$`)

// AnnotateInput is the input of annotate. A fact to attach.
type AnnotateInput struct {
	ConversationID string
	MessageID      *string
	Kind           string
	Value          string
	Model          *string
	BasedOnNumber  *int
	Confidence     *float64
	IdempotencyKey *string
}

// RemoveAnnotationInput is the input of removeAnnotation. The annotation to remove.
type RemoveAnnotationInput struct {
	AnnotationID   string
	IdempotencyKey *string
}

// Service has the use cases of annotations. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{s} }

// Annotate attaches a fact to a conversation or message, and supersedes the caller's
// present one of the kind (AG-4). Errors: NOT_FOUND on conversationId and messageId,
// INVALID, REQUIRED and TOO_LONG on what is said; TOO_LONG where there are too many.
func (s *Service) Annotate(ctx context.Context, in AnnotateInput) (*ent.Annotation, error) {
	a, err := in.clean()
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "annotate", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Annotation)}
	a.ID = call.Result
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		return in.attach(ctx, tx, a)
	}, func(_ context.Context, _ *store.Tx, first string) error {
		a.ID = first
		return nil
	})
	if err != nil {
		return nil, err
	}
	found, err := s.store.Client(ctx).Annotation.Get(ctx, a.ID)
	if ent.IsNotFound(err) { // a repeated call, of which the answer is gone by now
		return nil, errs.New(errs.NotFound, "The annotation of this call was removed since.").On("idempotencyKey")
	}
	return found, err
}

// clean checks what is said.
func (in AnnotateInput) clean() (*ent.Annotation, error) {
	a := &ent.Annotation{Kind: in.Kind, Confidence: in.Confidence}
	var faults [4]error
	if !slices.Contains(known, in.Kind) && !ownKind.MatchString(in.Kind) {
		faults[0] = errs.New(errs.Invalid, "A kind is %s, or a lower-case name of 1 to 50 letters, digits, dots, hyphens and underscores.", strings.Join(known, ", ")).On("kind")
	}
	a.Value, faults[1] = cleanText(in.Value, "value", maxValue)
	if faults[1] == nil && a.Value == "" {
		faults[1] = errs.New(errs.Required, "Say what it is.").On("value")
	}
	a.ValueKey = vocab.AnnotationKey(a.Value)
	if in.Model != nil {
		a.Model, faults[2] = cleanText(*in.Model, "model", maxModel)
	}
	if c := in.Confidence; c != nil && (math.IsNaN(*c) || *c < 0 || *c > 1) {
		faults[3] = errs.New(errs.Invalid, "A confidence is a number from 0 to 1.").On("confidence")
	}
	return a, errors.Join(faults[:]...)
}

func cleanText(text, field string, most int) (string, error) {
	clean, err := richtext.Clean(text, field)
	if err != nil {
		return "", err
	}
	clean = strings.TrimSpace(clean)
	if n := utf8.RuneCountInString(clean); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(field)
	}
	return clean, nil
}

func (in AnnotateInput) attach(ctx context.Context, tx *store.Tx, a *ent.Annotation) error {
	c, err := lockConversation(ctx, tx, in.ConversationID)
	if err != nil {
		return err
	}
	if err := in.aim(ctx, tx, c, a); err != nil {
		return err
	}
	by := viewer.FromContext(ctx).Actor()
	if err := supersede(ctx, tx, c, a, by.ActorID); err != nil {
		return err
	}
	recordAnnotation(ctx, tx, vocab.AnnotationAdded, c, a)
	err = tx.Client.Annotation.Create().SetID(a.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetMessageID(a.MessageID).SetKind(a.Kind).SetValue(a.Value).
		SetValueKey(a.ValueKey).SetModel(a.Model).SetNillableConfidence(a.Confidence).SetBasedOnNumber(a.BasedOnNumber).SetAuthorKind(by.Kind).
		SetAuthorID(by.ActorID).SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save annotation: %w", err)
	}
	return nil
}

// lockConversation keeps others from changing a conversation, which orders what is attached
// to it. One in the trash is refused.
func lockConversation(ctx context.Context, tx *store.Tx, conversationID string) (*ent.Conversation, error) {
	c, err := view.Find(ctx, tx.Client.Conversation.Query().Modify(store.ForUpdate).ConversationQuery, conversationID)
	if err == nil && c.DeletedAt.IsSet() {
		return nil, errs.New(errs.Invalid, "The conversation is in the trash. Restore it first.").On("conversationId")
	}
	return c, err
}

// aim finds what the annotation is about, and what it knows of the conversation.
func (in AnnotateInput) aim(ctx context.Context, tx *store.Tx, c *ent.Conversation, a *ent.Annotation) error {
	a.BasedOnNumber = c.LastNumber
	if in.MessageID != nil && *in.MessageID != "" {
		unknown := errs.New(errs.NotFound, "There is no message %q in this conversation.", errs.Clip(*in.MessageID)).On("messageId")
		if !id.Is(*in.MessageID, id.Message) {
			return unknown
		}
		m, err := tx.Client.Message.Query().Where(entmessage.ID(*in.MessageID), entmessage.ConversationID(c.ID)).Only(ctx)
		if ent.IsNotFound(err) {
			return unknown
		}
		if err != nil {
			return err
		}
		if m.DeletedAt.IsSet() {
			return errs.New(errs.Invalid, "The message is deleted.").On("messageId")
		}
		a.MessageID, a.BasedOnNumber = m.ID, m.Number
	}
	if n := in.BasedOnNumber; n != nil && *n != 0 { // typed clients send 0 for what is left out
		a.BasedOnNumber = *n
	}
	if a.BasedOnNumber < 0 || a.BasedOnNumber > c.LastNumber {
		return errs.New(errs.Invalid, "The conversation has messages 1 to %d.", c.LastNumber).On("basedOnNumber")
	}
	return nil
}

// supersede ends the author's present annotation of the kind on the same, and drops what is
// older than what is kept. Where there is none, there must be room for another one.
func supersede(ctx context.Context, tx *store.Tx, c *ent.Conversation, a *ent.Annotation, authorID string) error {
	before, err := tx.Client.Annotation.Query().Where(entannotation.ConversationID(c.ID), entannotation.MessageID(a.MessageID), entannotation.Kind(a.Kind),
		entannotation.AuthorID(authorID)).Order(entannotation.ByID(sql.OrderDesc())).All(ctx)
	if err != nil {
		return err
	}
	if len(before) == 0 || before[0].SupersededAt.IsSet() {
		if err := mustFit(ctx, tx, c, a); err != nil {
			return err
		}
	}
	for i, old := range before {
		switch {
		case i >= maxEarlier:
			err = tx.Client.Annotation.DeleteOneID(old.ID).Exec(ctx)
		case !old.SupersededAt.IsSet():
			err = tx.Client.Annotation.Update().Where(entannotation.ID(old.ID)).SetSupersededAt(tx.Now()).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("supersede an annotation: %w", err)
		}
	}
	return nil
}

func mustFit(ctx context.Context, tx *store.Tx, c *ent.Conversation, a *ent.Annotation) error {
	most, what := maxOfConversation, "conversation"
	if a.MessageID != "" {
		most, what = maxOfMessage, "message"
	}
	n, err := tx.Client.Annotation.Query().Where(entannotation.ConversationID(c.ID), entannotation.MessageID(a.MessageID), entannotation.SupersededAt(0)).Count(ctx)
	if err != nil || n < most {
		return err
	}
	return errs.Exceeds(most, "The %s has %d annotations; at most so many are kept. Remove one first.", what, n).On(what + "Id")
}

func recordAnnotation(ctx context.Context, tx *store.Tx, t vocab.EventType, c *ent.Conversation, a *ent.Annotation) {
	var changes store.Changes
	if t == vocab.AnnotationAdded {
		changes.Optional("kind", "", a.Kind)
	} else {
		changes.Optional("kind", a.Kind, "")
	}
	tx.Append(ctx, store.Event{Type: t, InboxID: c.InboxID, ConversationID: c.ID, MessageID: a.MessageID, SubjectID: a.ID, Revision: c.Revision, Changes: changes})
}

// Remove removes an annotation with what it superseded: the caller's own, or any for an
// admin; NOT_FOUND otherwise.
func (s *Service) Remove(ctx context.Context, in RemoveAnnotationInput) error {
	call := idempotency.Call{Mutation: "removeAnnotation", Key: in.IdempotencyKey, Input: in, Result: in.AnnotationID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		none := errs.New(errs.NotFound, "There is no annotation %q that you may remove.", errs.Clip(in.AnnotationID)).On("annotationId")
		if !id.Is(in.AnnotationID, id.Annotation) {
			return none
		}
		a, err := tx.Client.Annotation.Get(ctx, in.AnnotationID)
		if v := viewer.FromContext(ctx); ent.IsNotFound(err) || err == nil && v.Kind != viewer.Admin && a.AuthorID != v.Actor().ActorID {
			return none
		}
		if err != nil {
			return err
		}
		c, err := view.Find(ctx, tx.Client.Conversation.Query().Modify(store.ForUpdate).ConversationQuery, a.ConversationID)
		if err != nil {
			return err
		}
		gone, err := tx.Client.Annotation.Delete().Where(entannotation.ConversationID(c.ID), entannotation.MessageID(a.MessageID), entannotation.Kind(a.Kind),
			entannotation.AuthorID(a.AuthorID), entannotation.IDLTE(a.ID)).Exec(ctx)
		if err != nil {
			return err
		}
		if gone == 0 { // someone else removed it
			return none
		}
		recordAnnotation(ctx, tx, vocab.AnnotationRemoved, c, a)
		return nil
	}, nil)
}
