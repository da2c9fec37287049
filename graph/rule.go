package graph

import (
	"context"
	"strings"

	"parley/ent"
	"parley/graph/model"
	"parley/internal/crm"
	"parley/internal/vocab"
)

// pageRule types a rule for a page as the SDL shows it.
func pageRule(rule vocab.Targeting) model.TargetingRule {
	switch rule.Operator {
	case vocab.OpAllPages:
		return &model.TargetingPagesRule{Pages: vocab.TargetingAll}
	case vocab.OpQueryParam:
		return &model.TargetingQueryParameterRule{Parameter: orNull(rule.Parameter), Value: orNull(rule.Value)}
	}
	return &model.TargetingURLRule{Operator: rule.Operator, Value: orNull(rule.Value)}
}

// conditionsOf types the conditions of routing rules, and fills in the lists that
// they name, if the operation asks for them: one load for all the rules.
func (r *Resolver) conditionsOf(ctx context.Context, rules []*vocab.RoutingRule) ([][]model.RoutingCondition, error) {
	all := make([][]model.RoutingCondition, len(rules))
	var ids []string
	var places []**ent.ContactList
	for i, rule := range rules {
		all[i] = make([]model.RoutingCondition, len(rule.Conditions))
		for j, c := range rule.Conditions {
			all[i][j] = routingCondition(c)
			if l, ok := all[i][j].(*model.RoutingListCondition); ok {
				ids, places = append(ids, c.Value), append(places, &l.List)
			}
		}
	}
	if len(ids) == 0 || !asks(ctx, "RoutingListCondition", "list") {
		return all, nil
	}
	found, err := r.Services.Contacts.ListsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		*place = found[i]
	}
	return all, nil
}

// routingCondition types a condition as the SDL shows it.
func routingCondition(c vocab.RoutingCondition) model.RoutingCondition {
	text := model.RoutingTextCondition{Operator: c.Operator, Value: orNull(c.Value)}
	switch c.Kind {
	case vocab.RouteByContactProperty:
		property := vocab.RoutingContactProperty(strings.ToUpper(c.Property))
		return &model.RoutingContactPropertyCondition{Property: property, RoutingTextCondition: text}
	case vocab.RouteByDefinedProperty:
		return &model.RoutingDefinedPropertyCondition{Condition: c.Defined}
	case vocab.RouteByList:
		return &model.RoutingListCondition{Member: c.Operator == vocab.RoutingIs}
	case vocab.RouteByLanguage:
		return &model.RoutingLanguageCondition{RoutingTextCondition: text}
	case vocab.RouteByPage:
		return &model.RoutingPageCondition{RoutingTextCondition: text}
	case vocab.RouteBySubject:
		return &model.RoutingSubjectCondition{RoutingTextCondition: text}
	case vocab.RouteByToAddress:
		return &model.RoutingToAddressCondition{RoutingTextCondition: text}
	}
	hours := vocab.RoutingOutside
	if c.Operator == vocab.RoutingIs {
		hours = vocab.RoutingWithin
	}
	return &model.RoutingHoursCondition{Hours: hours}
}

// setTextCondition makes a condition one on a text.
func setTextCondition(c *vocab.RoutingCondition, kind vocab.RoutingConditionKind, in *model.RoutingTextConditionInput) {
	if in != nil {
		*c = vocab.RoutingCondition{Kind: kind, Operator: either(in.Operator, vocab.RoutingIs), Value: value(in.Value)}
	}
}

func isOrNot(is bool) vocab.RoutingOperator {
	if is {
		return vocab.RoutingIs
	}
	return vocab.RoutingIsNot
}

// flowConditionsOf types the conditions of branches that routing has too; nil: it is another
// one.
func (r *Resolver) flowConditionsOf(ctx context.Context, list []*vocab.FlowCondition) ([]model.RoutingCondition, error) {
	rules := make([]*vocab.RoutingRule, len(list))
	for i, c := range list {
		rules[i] = &vocab.RoutingRule{}
		if c.Routing != nil {
			rules[i].Conditions = []vocab.RoutingCondition{*c.Routing}
		}
	}
	typed, err := r.conditionsOf(ctx, rules)
	if err != nil {
		return nil, err
	}
	all := make([]model.RoutingCondition, len(list))
	for i, one := range typed {
		if len(one) > 0 {
			all[i] = one[0]
		}
	}
	return all, nil
}

// flowPreset is the preset of a ticket that a bot creates: it comes from a chat.
func flowPreset(in *crm.TicketPresetInput) *vocab.TicketPreset {
	if in == nil {
		return nil
	}
	if in.Source == nil {
		from := vocab.TicketFromChat
		in.Source = &from
	}
	return in.Preset()
}
