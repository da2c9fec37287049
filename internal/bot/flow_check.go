package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	entproperty "parley/ent/property"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/flow"
	"parley/internal/property"
	"parley/internal/routing"
	"parley/internal/tag"
	"parley/internal/vocab"
)

// cleanFlow checks a flow, and returns it as it is kept: what it names of the account by
// ids, so that it may be called otherwise later. The errors are joined; see flow.Check.
func (s *Service) cleanFlow(ctx context.Context, client *ent.Client, f vocab.Flow) (vocab.Flow, error) {
	f.Steps = slices.Clone(f.Steps)
	faulty := flow.Check(&f)
	for _, e := range errs.All(faulty) {
		if e.Code == errs.TooLong { // nothing is looked up for what is too much
			return f, faulty
		}
	}
	var faults []error
	for i := range f.Steps {
		faults = append(faults, cleanStepOf(ctx, client, &f.Steps[i], i)...)
		faults = append(faults, s.checkPlaceholders(ctx, &f.Steps[i], i)...)
	}
	return f, errors.Join(append(faults, faulty)...)
}

// cleanStepOf checks what a step names of the account.
func cleanStepOf(ctx context.Context, client *ent.Client, s *vocab.FlowStep, i int) (faults []error) {
	if s.Save != nil {
		save, err := cleanSave(ctx, client, s, flow.At(i))
		s.Save, faults = save, append(faults, err)
	}
	if len(s.Tags) > 0 {
		tags, err := cleanTags(ctx, client, s.Tags, flow.At(i, "tags"))
		s.Tags, faults = tags, append(faults, err)
	}
	if s.Preset != nil {
		preset, err := crm.CleanPreset(ctx, client, *s.Preset, flow.At(i, "preset")...)
		s.Preset, faults = preset, append(faults, err)
	}
	if s.Routing != nil {
		faults = append(faults, below(routing.CheckAccount(ctx, client, vocab.Routing{}, *s.Routing), flow.At(i)...))
		if err := routing.NameProperties(ctx, client, s.Routing); err != nil {
			faults = append(faults, err)
		}
	}
	faults = append(faults, checkItems(ctx, client, s.LibraryItemIDs, flow.At(i, "libraryItemIds")))
	s.Cases = slices.Clone(s.Cases)
	for j := range s.Cases {
		when, err := cleanWhen(ctx, client, s.Cases[j].When, flow.At(i, "cases", strconv.Itoa(j), "when"))
		s.Cases[j].When, faults = when, append(faults, err)
	}
	return faults
}

// checkPlaceholders checks those of what a step says.
func (s *Service) checkPlaceholders(ctx context.Context, step *vocab.FlowStep, i int) (faults []error) {
	for name, text := range map[string]*string{"markdown": step.Markdown, "text": step.Text, "invalidText": step.InvalidText} {
		if text != nil {
			faults = append(faults, s.deps.Library.CheckOwnText(ctx, *text, flow.At(i, name)...))
		}
	}
	return faults
}

// below has errors blame fields below a path.
func below(err error, path ...string) error {
	if err == nil {
		return nil
	}
	var all []error
	for _, e := range errs.All(err) {
		all = append(all, e.On(slices.Concat(path, e.Field)...))
	}
	if len(all) == 0 {
		return err
	}
	return errors.Join(all...)
}

func cleanTags(ctx context.Context, client *ent.Client, words, path []string) ([]string, error) {
	clean, err := tag.CleanWords(words)
	if err != nil {
		return nil, below(err, path[:len(path)-1]...)
	}
	found, err := tag.Find(ctx, client, clean)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, t := range found {
		at := append(slices.Clone(path), strconv.Itoa(i))
		switch {
		case t == nil:
			return nil, errs.New(errs.NotFound, "There is no tag %q: create it first.", errs.Clip(words[i])).On(at...)
		case t.ArchivedAt.IsSet():
			return nil, errs.New(errs.Invalid, "The tag %q is archived.", t.Name).On(at...)
		}
		ids[i] = t.ID
	}
	return ids, nil
}

func checkItems(ctx context.Context, client *ent.Client, ids, path []string) error {
	if len(ids) == 0 {
		return nil
	}
	items, err := client.LibraryItem.Query().Where(entitem.IDIn(ids...)).All(ctx)
	if err != nil {
		return err
	}
	for i, itemID := range ids {
		at := append(slices.Clone(path), strconv.Itoa(i))
		j := slices.IndexFunc(items, func(item *ent.LibraryItem) bool { return item.ID == itemID })
		switch {
		case j < 0:
			return errs.New(errs.NotFound, "The library has no item %q.", errs.Clip(itemID)).On(at...)
		case items[j].ArchivedAt.IsSet():
			return errs.New(errs.Invalid, "%q is archived.", items[j].Name).On(at...)
		case slices.Contains(ids[:i], itemID):
			return errs.New(errs.Invalid, "The item is listed twice; list it once.").On(at...)
		}
	}
	return nil
}

// cleanWhen checks the conditions of a case as routing does, and those on conversations.
func cleanWhen(ctx context.Context, client *ent.Client, when []vocab.FlowCondition, path []string) ([]vocab.FlowCondition, error) {
	when = slices.Clone(when)
	var faults []error
	for i, c := range when {
		at := append(slices.Clone(path), strconv.Itoa(i))
		switch {
		case c.Routing != nil:
			rules := rulesOf([]vocab.RoutingCondition{*c.Routing})
			for _, e := range errs.All(routing.CheckAccount(ctx, client, vocab.Routing{}, rules)) {
				faults = append(faults, e.On(slices.Concat(at, []string{"routing"}, e.Field[min(len(e.Field), 5):])...)) // routing.rules.0.conditions.0
			}
			if err := routing.NameProperties(ctx, client, &rules); err != nil {
				return nil, err
			}
			when[i].Routing = &rules.Rules[0].Conditions[0]
		case c.Conversation != nil:
			known, err := property.Find(ctx, client, vocab.PropertyOfConversation, []vocab.PropertyCondition{*c.Conversation})
			if err != nil {
				return nil, err
			}
			at := append(at, "conversationProperty")
			named, _, err := known.CheckOne(*c.Conversation, at...)
			when[i].Conversation, faults = &named, append(faults, err, known.RefuseArchived(*c.Conversation, func(string) bool { return false }, at...))
		}
	}
	return when, errors.Join(faults...)
}

// rulesOf is a routing by which conditions that all hold are told from others.
func rulesOf(conditions []vocab.RoutingCondition) vocab.Routing {
	return vocab.Routing{Rules: []vocab.RoutingRule{{Conditions: conditions, Target: vocab.RouteUnassigned}, {Target: vocab.RouteUnassigned}}}
}

// ofContact are the properties that every contact has, and the answers that fit them.
var ofContact = map[string]vocab.FlowAnswerType{"name": vocab.AnswerText, "email": vocab.AnswerEmail, "phone": vocab.AnswerPhone}

// cleanSave checks that a step's property can have what the step gives it.
func cleanSave(ctx context.Context, client *ent.Client, s *vocab.FlowStep, at []string) (*vocab.FlowSave, error) {
	save := *s.Save
	path := append(slices.Clone(at), "save", "property")
	save.PropertyID, save.PropertyKind = "", ""
	if wants, usual := ofContact[save.Property]; usual && save.Object == vocab.FlowSetsContact {
		switch got := typeOf(s); {
		case s.Kind == vocab.FlowSet:
			return nil, errs.New(errs.Invalid, "Only a visitor says what their %s is: ask for it.", save.Property).On(path...)
		case got != wants:
			return nil, errs.New(errs.Invalid, "What is saved as %s must be asked for with the type %s.", save.Property, wants).On(append(slices.Clone(at), "type")...)
		}
		return &save, nil
	}
	object := vocab.PropertyObject(save.Object)
	p, err := client.Property.Query().Where(entproperty.ObjectEQ(object), entproperty.Name(save.Property)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, errs.New(errs.NotFound, "%s has no property %q: createProperty defines one.", object, errs.Clip(save.Property)).On(path...)
	case err != nil:
		return nil, err
	case p.ArchivedAt.IsSet():
		return nil, errs.New(errs.Invalid, "The property %q is archived.", p.Name).On(path...)
	}
	save.PropertyID, save.PropertyKind = p.ID, p.Kind
	return &save, fits(p, s, at)
}

func typeOf(s *vocab.FlowStep) vocab.FlowAnswerType {
	switch {
	case s.Type != nil:
		return *s.Type
	case len(s.Choices) > 0:
		return vocab.AnswerChoice
	}
	return vocab.AnswerText
}

// fits refuses a property that could not have each of the values that a step gives it.
func fits(p *ent.Property, s *vocab.FlowStep, at []string) error {
	if s.Kind == vocab.FlowSet {
		if s.Value == nil {
			return nil // it is required, as was said
		}
		_, err := property.FromText(p, *s.Value)
		return below(err, append(slices.Clone(at), "value")...)
	}
	if typeOf(s) == vocab.AnswerChoice {
		for i, c := range s.Choices {
			text := c.Text
			if c.Value != nil && *c.Value != "" {
				text = *c.Value
			}
			if _, err := property.FromText(p, text); err != nil {
				return below(err, append(slices.Clone(at), "choices", strconv.Itoa(i), "value")...)
			}
		}
		return nil
	}
	wants := map[vocab.PropertyKind]vocab.FlowAnswerType{vocab.NumberProperty: vocab.AnswerNumber, vocab.DateProperty: vocab.AnswerDate}[p.Kind]
	switch {
	case p.Kind == vocab.TextProperty || p.Kind == vocab.LongTextProperty, wants != "" && typeOf(s) == wants:
		return nil
	case wants == "":
		wants = vocab.AnswerChoice
	}
	return errs.New(errs.Invalid, "%s is a %s: what is saved as it must be asked for with the type %s.", p.Name, p.Kind, wants).On(append(slices.Clone(at), "type")...)
}
