package property

import (
	"context"
	"strconv"
	"strings"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Kept is what new records have of a property, as CleanText returned it.
type Kept struct {
	Of   *ent.Property
	Text string
}

// IsGood reports whether records can have it still: not if the property, or an option, was
// archived since, or the property is gone (nil).
func (k Kept) IsGood() bool {
	_, ok := k.values()
	return ok
}

// SetKept gives a new record, which has no values yet, those of what was kept that are good,
// within the caller's transaction.
func SetKept(ctx context.Context, tx *store.Tx, recordID string, list []Kept) error {
	var all []assignment
	var c Change
	for _, k := range list {
		if values, ok := k.values(); ok {
			a := assignment{k.Of, values}
			a.sort()
			all, c.Set = append(all, a), append(c.Set, k.Of.ID)
		}
	}
	return write(ctx, tx, recordID, all, c)
}

// values are what the text says, which was checked when it was kept; false: it says nothing
// by now.
func (k Kept) values() ([]stored, bool) {
	if k.Of == nil || k.Of.ArchivedAt.IsSet() || k.Text == "" {
		return nil, false
	}
	if k.Of.Kind.HasOptions() {
		return k.choices()
	}
	v, err := k.value()
	if err != nil || v == nil {
		return nil, false
	}
	return []stored{*v}, true
}

func (k Kept) choices() (list []stored, ok bool) {
	for value := range strings.SplitSeq(k.Text, "\n") {
		if i := optionOf(k.Of, value); i < 0 || k.Of.Options[i].Archived {
			return nil, false
		}
		v, err := choiceOf(value)
		if err != nil || v == nil {
			return nil, false
		}
		list = append(list, *v)
	}
	return list, true
}

func (k Kept) value() (*stored, error) {
	switch k.Of.Kind {
	case vocab.NumberProperty:
		n, err := strconv.ParseFloat(k.Text, 64)
		if err != nil {
			return nil, err
		}
		return numberOf(n)
	case vocab.DateProperty:
		return dateOf(k.Text)
	case vocab.TimeProperty:
		at, err := time.Parse(time.RFC3339Nano, k.Text)
		if err != nil {
			return nil, err
		}
		return timeOf(clock.Of(at))
	case vocab.BooleanProperty:
		return booleanOf(k.Text == "true")
	case vocab.LongTextProperty:
		return &stored{text: k.Text}, nil
	}
	key := TextKey(k.Text)
	return &stored{text: k.Text, key: &key}, nil
}
