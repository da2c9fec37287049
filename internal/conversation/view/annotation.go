package view

import (
	"slices"
	"strconv"

	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// annotationCondition is that a conversation, or one of its messages, has an annotation now
// (AG-4). The row does not say; what was annotated does.
func annotationCondition(a vocab.AnnotationCondition) condition {
	return condition{sql: func(s *store.Statement, _ bool) string {
		text := "EXISTS (SELECT 1 FROM annotations n WHERE n.conversation_id = c.id AND n.superseded_at = 0 AND n.kind = " + s.Arg(a.Kind)
		if a.AnyOf == nil {
			return text + ")"
		}
		keys := make([]string, len(a.AnyOf))
		for i, value := range a.AnyOf {
			keys[i] = vocab.AnnotationKey(value)
		}
		return text + " AND n.value_key IN (" + store.List(s, keys) + "))"
	}}
}

// checkAnnotations checks the conditions on annotations, which stand at a path of the input.
func (f Filter) checkAnnotations(path []string) error {
	for i, a := range f.Annotations {
		on := append(slices.Clone(path), strconv.Itoa(i))
		switch {
		case a.Kind == "":
			return errs.New(errs.Required, "Give the kind of the annotation.").On(append(on, "kind")...)
		case a.AnyOf != nil && len(a.AnyOf) == 0:
			return errs.New(errs.Invalid, "anyOf needs at least one value; without it any value will do.").On(append(on, "anyOf")...)
		case len(a.AnyOf) > maxFilterIDs:
			return errs.Exceeds(maxFilterIDs, "anyOf has %d values; at most %d are allowed.", len(a.AnyOf), maxFilterIDs).On(append(on, "anyOf")...)
		}
		for _, text := range append([]string{a.Kind}, a.AnyOf...) {
			if !store.Storable(text) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(text)).On(on...)
			}
		}
	}
	return nil
}
