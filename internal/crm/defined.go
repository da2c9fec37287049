package crm

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	entticket "parley/ent/ticket"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/vocab"
)

// definedField is what inputs, filters and events call what a ticket or deal has of defined
// properties (CR-11); "properties" are those of any name that it has beside them.
const definedField = "definedProperties"

// setDefined gives a locked record values of defined properties, and returns what an event
// says of it; nothing new: nothing.
func setDefined(ctx context.Context, tx *store.Tx, object vocab.PropertyObject, recordID string, to opt.Value[[]property.PropertyValueInput]) ([]vocab.FieldChange, error) {
	changed, err := property.Set(ctx, tx, object, recordID, to.Value())
	if e := errs.Of(err); e != nil && len(e.Field) > 0 && e.Field[0] == "properties" {
		return nil, e.On(append([]string{definedField}, e.Field[1:]...)...)
	}
	if err != nil || changed.IsZero() {
		return nil, err
	}
	change := changed.FieldChange()
	change.Field = definedField
	return []vocab.FieldChange{change}, nil
}

// objectOf is the object of properties that the records of an object of pipelines have.
func objectOf(object vocab.PipelineObject) vocab.PropertyObject {
	if object == vocab.DealPipeline {
		return vocab.PropertyOfDeal
	}
	return vocab.PropertyOfTicket
}

// startLimit is up to how many records that meet a condition a list starts from them;
// above that it walks its order.
const startLimit = 1_000

// readDefined checks the conditions on defined properties, and looks whether one of them
// has few records.
func (c *criteria) readDefined(ctx context.Context, s *Service) (err error) {
	client := s.store.Client(ctx)
	if c.tests, err = property.Tests(ctx, client, objectOf(c.object), c.defined, "filter", definedField); err != nil {
		return err
	}
	for _, t := range c.tests {
		ids, ok, err := t.Found(ctx, client, startLimit)
		if err != nil {
			return err
		}
		if ok && (c.start == nil || len(ids) < len(c.start)) {
			c.start = append([]string{}, slices.Compact(slices.Sorted(slices.Values(ids)))...)
		}
	}
	return nil
}

// definedLanes are lanes of rows that meet the conditions on defined properties too.
func (c *criteria) definedLanes() (lanes []store.Lane, exact bool) {
	if c.start != nil {
		ids := oneOfValues{column: entticket.FieldID, list: c.start}
		return []store.Lane{func(s *sql.Selector) {
			s.Where(sql.In(s.C(ids.column), ids.args()...))
			c.narrow(s)
		}}, c.query == nil
	}
	if c.contacts != nil {
		return []store.Lane{c.narrow}, c.query == nil
	}
	lanes, exact = c.lanes()
	if len(c.tests) == 0 {
		return lanes, exact
	}
	for i, lane := range lanes {
		lanes[i] = func(s *sql.Selector) {
			lane(s)
			c.narrowDefined(s)
		}
	}
	return lanes, exact
}

// narrowDefined leaves those that have what the conditions on defined properties ask for:
// each is looked up by itself.
func (c *criteria) narrowDefined(s *sql.Selector) {
	for _, t := range c.tests {
		t.Narrow(s, entticket.FieldID)
	}
}
