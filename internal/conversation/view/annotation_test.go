package view_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// annotate notes facts of some conversations and messages, some of which are so no longer.
func (d *suite) annotate(ctx context.Context, tx *store.Tx, r *rand.Rand, w *crowd) error {
	w.facts = map[string][]string{}
	for _, c := range w.all {
		for range r.IntN(4) {
			a := &ent.Annotation{Kind: desk.Pick(r, "mood", "topic"), Value: desk.Pick(r, "Glad", "cross", "Ärger")}
			if r.IntN(2) == 0 {
				a.MessageID = w.messages[c.ID][0].ID
			}
			if r.IntN(4) == 0 {
				a.SupersededAt = desk.Moment(9)
			} else {
				w.facts[c.ID] = append(w.facts[c.ID], a.Kind+"="+strings.ToLower(a.Value))
			}
			if err := tx.Client.Annotation.Create().SetID(id.New(id.Annotation)).SetInboxID(c.InboxID).SetConversationID(c.ID).SetMessageID(a.MessageID).
				SetKind(a.Kind).SetValue(a.Value).SetValueKey(vocab.AnnotationKey(a.Value)).SetBasedOnNumber(1).SetAuthorKind(viewer.Integration).SetAuthorID("integration").
				SetSupersededAt(a.SupersededAt).SetCreatedAt(1).Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// drawAnnotations draws conditions on what was noted.
func drawAnnotations(t *rapid.T, f *view.Filter) {
	f.Annotations = some(t, "annotations", vocab.AnnotationCondition{Kind: "mood"}, vocab.AnnotationCondition{Kind: "mood", AnyOf: []string{"GLAD"}},
		vocab.AnnotationCondition{Kind: "topic", AnyOf: []string{"ärger", "cross"}}, vocab.AnnotationCondition{Kind: "else"})
}

// noted reports whether a conversation passes the conditions on what was noted (AG-4).
func (w *crowd) noted(c *ent.Conversation, conditions []vocab.AnnotationCondition) bool {
	return !slices.ContainsFunc(conditions, func(a vocab.AnnotationCondition) bool {
		return !slices.ContainsFunc(w.facts[c.ID], func(fact string) bool {
			kind, value, _ := strings.Cut(fact, "=")
			return kind == a.Kind && (a.AnyOf == nil || slices.ContainsFunc(a.AnyOf, func(one string) bool { return strings.ToLower(one) == value }))
		})
	})
}

// AG-4: conditions on annotations make no more statements.
func TestStatementsOfAnnotations(t *testing.T) {
	t.Parallel()
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		for range 20 {
			d.StartChat(0, "apple")
		}
		mood := vocab.AnnotationCondition{Kind: "mood", AnyOf: []string{"glad", "cross"}}
		list := func(f view.Filter) func() {
			return func() { check.Must(d.List(d.Agent(1), view.Selection{Filter: f}, paging.PageArgs{}))(t) }
		}
		desk.AtMost(t, asked, 4, list(view.Filter{Annotations: []vocab.AnnotationCondition{mood, {Kind: "topic"}}}))
		desk.AtMost(t, asked, 4, list(view.Filter{Not: []view.Filter{{Annotations: []vocab.AnnotationCondition{mood}}}}))
	})
}
