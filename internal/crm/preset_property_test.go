package crm_test

import (
	"context"
	"strings"
	"testing"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/internal/crm"
	"parley/internal/id"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// presets are values of defined properties, as an input has them.
func presets(pairs ...string) (list []vocab.PresetProperty) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, vocab.PresetProperty{PropertyID: pairs[i], Value: pairs[i+1]})
	}
	return list
}

// EM-3, CR-11: a preset gives tickets values of defined properties, whatever these are called
// later; what was archived since is left out, and told.
func TestPresetsHaveDefinedProperties(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.define(vocab.PropertyOfTicket, "category", "billing", "delivery")
		w.define(vocab.PropertyOfTicket, "product", "lamp")
		input := &crm.TicketPresetInput{PipelineID: w.stage("Support", "New").PipelineID, DefinedProperties: presets("category", "billing", "product", "lamp")}
		preset := check.Must(crm.CleanPreset(w.System, w.Store.Client(w.System), *input.Preset()))(t)
		has := func(made *ent.Ticket) map[string]any {
			all := map[string]any{}
			for _, v := range check.Must(property.New(w.Store).Of(w.System, vocab.PropertyOfTicket, []string{made.ID}, nil))(t)[0] {
				all[v.Property.Name] = v.Plain()
			}
			return all
		}
		change := func(do func(*ent.PropertyUpdate)) {
			w.inTx(func(tx *tx) error {
				update := tx.Client.Property.Update().Where(entproperty.Name("category"))
				do(update)
				return update.Exec(tx.ctx)
			})
		}
		problems := func() []vocab.TicketPresetProblem {
			return check.Must(w.PresetProblems(w.Admin, []*vocab.TicketPreset{preset}))(t)[0]
		}
		check.Same(t, has(w.fromPreset(0, "It broke", preset)), map[string]any{"category": "billing", "product": "lamp"})
		check.Same(t, problems(), []vocab.TicketPresetProblem{})

		change(func(u *ent.PropertyUpdate) {
			u.SetOptions([]vocab.PropertyOption{{Value: "billing", Label: "Billing", Archived: true}})
		})
		check.Same(t, has(w.fromPreset(1, "It broke", preset)), map[string]any{"product": "lamp"})
		check.Same(t, problems(), []vocab.TicketPresetProblem{vocab.PresetPropertyArchived})
		change(func(u *ent.PropertyUpdate) {
			u.SetOptions([]vocab.PropertyOption{{Value: "billing", Label: "Billing"}}).SetArchivedAt(w.Store.Now())
		})
		check.Same(t, has(w.fromPreset(2, "It broke", preset)), map[string]any{"product": "lamp"})
		check.Same(t, problems(), []vocab.TicketPresetProblem{vocab.PresetPropertyArchived})
		_, err := crm.CleanPreset(w.System, w.Store.Client(w.System), *input.Preset(), "ticket")
		check.Same(t, check.Faults(err), []string{"INVALID ticket.definedProperties.0.property"})
	})
}

// EM-3, CR-11: a value of each kind comes from a preset as it would from an input.
func TestPresetsHaveValuesOfEachKind(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		input := &crm.TicketPresetInput{PipelineID: w.stage("Support", "New").PipelineID}
		want := map[string]any{}
		for kind, value := range map[vocab.PropertyKind]struct {
			text string
			is   any
		}{
			vocab.TextProperty: {" A  line ", "A line"}, vocab.LongTextProperty: {"Two\nlines", "Two\nlines"}, vocab.NumberProperty: {"2.50", 2.5},
			vocab.DateProperty: {"2026-01-31", "2026-01-31"}, vocab.TimeProperty: {"2026-01-31T10:00:00+01:00", "2026-01-31T09:00:00Z"},
			vocab.BooleanProperty: {"True", true}, vocab.ChoiceProperty: {"B", "b"}, vocab.ChoicesProperty: {"b\na", []string{"a", "b"}},
		} {
			name := strings.ToLower(string(kind))
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Property.Create().SetID(id.New(id.Property)).SetObject(vocab.PropertyOfTicket).SetName(name).SetLabel(name).SetKind(kind).
					SetOptions([]vocab.PropertyOption{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}).SetCreatedAt(tx.Now()).Exec(ctx)
			})
			input.DefinedProperties, want[name] = append(input.DefinedProperties, presets(name, value.text)...), value.is
		}
		preset := check.Must(crm.CleanPreset(w.System, w.Store.Client(w.System), *input.Preset()))(t)
		got := map[string]any{}
		for _, v := range check.Must(property.New(w.Store).Of(w.System, vocab.PropertyOfTicket, []string{w.fromPreset(0, "It broke", preset).ID}, nil))(t)[0] {
			got[v.Property.Name] = v.Plain()
		}
		check.Same(t, got, want)
	})
}
