package scim

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"
	scimfilter "github.com/elimity-com/scim/filter"
	filter "github.com/scim2/filter-parser/v2"

	"entgo.io/ent/dialect/sql"

	"parley/ent/predicate"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
)

func notSupported() error {
	return wrong(scimerrors.ScimTypeInvalidFilter, "Filters compare by eq, with and and or: of users id, userName, externalId, displayName, active and emails, "+
		"of groups id, externalId, displayName and members.")
}

// unescaped is a text of a filter as JSON means it: the parser leaves escapes as they are.
func unescaped(text string) string {
	var plain string
	if json.Unmarshal([]byte(`"`+text+`"`), &plain) != nil {
		return text
	}
	return plain
}

// condition is a filter, with what one comparison means. wrong is returned of what has no meaning.
func condition[P any](e filter.Expression, one func(attribute string, value any) (P, bool), and, or func(...P) P, wrong error) (P, error) {
	var none P
	switch e := e.(type) {
	case *filter.AttributeExpression:
		attribute, sub := strings.ToLower(e.AttributePath.AttributeName), strings.ToLower(e.AttributePath.SubAttributeName())
		if sub != "" && sub != "value" || e.Operator != filter.EQ {
			return none, wrong
		}
		value := e.CompareValue
		if text, is := value.(string); is {
			value = unescaped(text)
		}
		if p, ok := one(attribute, value); ok {
			return p, nil
		}
	case *filter.LogicalExpression:
		left, err := condition(e.Left, one, and, or, wrong)
		if err != nil {
			return none, err
		}
		right, err := condition(e.Right, one, and, or, wrong)
		switch {
		case err != nil:
			return none, err
		case e.Operator == filter.AND:
			return and(left, right), nil
		}
		return or(left, right), nil
	}
	return none, wrong
}

func (h *users) conditions(ctx context.Context, v *scimfilter.Validator) ([]predicate.User, error) {
	if v == nil {
		return nil, nil
	}
	var fault error
	p, err := condition(v.GetFilter(), func(attribute string, value any) (predicate.User, bool) {
		text, isText := value.(string)
		switch {
		case attribute == "active":
			if active, ok := plain("active", false, value).(bool); ok && active {
				return user.DeactivatedAt(0), true
			} else if ok {
				return user.DeactivatedAtGT(0), true
			}
		case !isText:
		case attribute == "id":
			return user.ID(text), true
		case attribute == "username", attribute == "emails":
			return user.Email(strings.ToLower(strings.TrimSpace(text))), true
		case attribute == "externalid":
			return user.ExternalID(text), true
		case attribute == "displayname":
			named, err := h.accounts.ProvisionedUsersNamed(ctx, text)
			fault = errors.Join(fault, err)
			return user.IDIn(named...), true
		}
		return nil, false
	}, user.And, user.Or, notSupported())
	return []predicate.User{p}, errors.Join(fault, err)
}

func (h *groups) conditions(ctx context.Context, v *scimfilter.Validator) ([]predicate.Team, error) {
	if v == nil {
		return nil, nil
	}
	var fault error
	p, err := condition(v.GetFilter(), func(attribute string, value any) (predicate.Team, bool) {
		text, isText := value.(string)
		switch {
		case !isText:
		case attribute == "id":
			return team.ID(text), true
		case attribute == "externalid":
			return team.ExternalID(text), true
		case attribute == "displayname":
			named, err := h.accounts.ProvisionedTeamsNamed(ctx, text)
			fault = errors.Join(fault, err)
			return team.IDIn(named...), true
		case attribute == "members":
			return ofMember(text), true
		}
		return nil, false
	}, team.And, team.Or, notSupported())
	return []predicate.Team{p}, errors.Join(fault, err)
}

// ofMember matches the teams that a user is in.
func ofMember(userID string) predicate.Team {
	return func(s *sql.Selector) {
		m := sql.Table(teammember.Table)
		s.Where(sql.In(s.C(team.FieldID), sql.Select(m.C(teammember.FieldTeamID)).From(m).Where(sql.EQ(m.C(teammember.FieldUserID), userID))))
	}
}
