package routing

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/contactlist"
	"parley/ent/inboxteam"
	"parley/ent/schema"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/vocab"
)

// Limits of what a routing may hold.
const (
	MaxRules      = 50
	MaxConditions = 20
	MaxPeople     = 200 // users, or teams, of one rule
	MaxValue      = 500 // characters
)

// Check refuses a routing that could not do what it says, with an error for
// each fault, joined; the paths begin with "routing". A user without a seat is
// SEAT_REQUIRED, one who is no member of the inbox NOT_A_MEMBER, a deactivated
// one NOT_ELIGIBLE, an unknown one NOT_FOUND (AC-4, RT-2). The last rule has no
// conditions, and it alone (RT-3). A condition on what conversations of the
// channel's kind have not, such as a chat's subject, is INVALID. Nothing at all
// is fine: it leaves unassigned.
func Check(ctx context.Context, client *ent.Client, inboxID string, kind vocab.ChannelKind, r schema.Routing) error {
	if len(r.Rules) == 0 {
		return nil
	}
	if len(r.Rules) > MaxRules {
		return errs.New(errs.TooLong, "There are %d rules; at most %d are allowed.", len(r.Rules), MaxRules).On("routing", "rules")
	}
	known, err := look(ctx, client, inboxID, r)
	if err != nil {
		return err
	}
	var faults []error
	for i, rule := range r.Rules {
		at := []string{"routing", "rules", strconv.Itoa(i)}
		faults = append(faults, order(rule, i == len(r.Rules)-1, at), known.conditions(kind, rule, at), known.target(rule, at))
	}
	return errors.Join(faults...)
}

// directory is what there is of what a routing names.
type directory struct {
	users   map[string]*ent.User
	members map[string]bool
	teams   map[string]bool // and whether they reach the inbox
	lists   map[string]bool
}

func look(ctx context.Context, client *ent.Client, inboxID string, r schema.Routing) (*directory, error) {
	var users, teams, lists []string
	for _, rule := range r.Rules {
		users = append(append(users, rule.UserIDs...), rule.FallbackID)
		teams = append(teams, rule.TeamIDs...)
		for _, c := range rule.Conditions {
			lists = append(lists, c.Value)
		}
	}
	d := &directory{users: map[string]*ent.User{}, lists: map[string]bool{}}
	found, err := client.User.Query().Where(user.IDIn(only(users, id.User)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range found {
		d.users[u.ID] = u
	}
	if d.members, err = Members(ctx, client, inboxID); err != nil {
		return nil, err
	}
	if d.teams, err = d.reaching(ctx, client, inboxID, only(teams, id.Team)); err != nil {
		return nil, err
	}
	there, err := client.ContactList.Query().Where(contactlist.IDIn(only(lists, id.ContactList)...)).IDs(ctx)
	for _, l := range there {
		d.lists[l] = true
	}
	return d, err
}

func only(ids []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Is(s, prefix) })
}

// reaching says of each team that exists whether it is a member of the inbox,
// or one of its users is.
func (d *directory) reaching(ctx context.Context, client *ent.Client, inboxID string, ids []string) (map[string]bool, error) {
	teams := map[string]bool{}
	there, err := client.Team.Query().Where(team.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range there {
		teams[t] = false
	}
	granted, err := client.InboxTeam.Query().Where(inboxteam.InboxID(inboxID), inboxteam.TeamIDIn(there...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range granted {
		teams[g.TeamID] = true
	}
	members, err := client.TeamMember.Query().Where(teammember.TeamIDIn(there...)).All(ctx)
	for _, m := range members {
		teams[m.TeamID] = teams[m.TeamID] || d.members[m.UserID]
	}
	return teams, err
}

// order: the last rule takes what the others leave; a rule before it that has
// no conditions would leave it nothing (RT-3).
func order(rule schema.RoutingRule, last bool, at []string) error {
	switch {
	case last && len(rule.Conditions) > 0:
		return errs.New(errs.Invalid, "The last rule must have no conditions, so that it takes what the others leave.").On(on(at, "conditions")...)
	case !last && len(rule.Conditions) == 0:
		return errs.New(errs.Required, "Only the last rule may have no conditions: the rules after this one would never decide.").On(on(at, "conditions")...)
	case len(rule.Conditions) > MaxConditions:
		return errs.New(errs.TooLong, "The rule has %d conditions; at most %d are allowed.", len(rule.Conditions), MaxConditions).On(on(at, "conditions")...)
	}
	return nil
}

func on(at []string, more ...string) []string { return append(slices.Clone(at), more...) }

// conditions checks each condition of a rule.
func (d *directory) conditions(kind vocab.ChannelKind, rule schema.RoutingRule, at []string) error {
	var faults []error
	for i, c := range rule.Conditions {
		faults = append(faults, d.condition(kind, c, on(at, "conditions", strconv.Itoa(i))))
	}
	return errors.Join(faults...)
}

var (
	sameOrNot = []vocab.RoutingOperator{vocab.RoutingIs, vocab.RoutingIsNot}
	textual   = []vocab.RoutingOperator{vocab.RoutingIs, vocab.RoutingIsNot, vocab.RoutingContains, vocab.RoutingNotContains, vocab.RoutingStartsWith}
	knownOrNo = []vocab.RoutingOperator{vocab.RoutingKnown, vocab.RoutingUnknown}

	operators = map[vocab.RoutingConditionKind][]vocab.RoutingOperator{
		vocab.RouteByContactProperty: append(slices.Clone(textual), knownOrNo...),
		vocab.RouteByList:            sameOrNot,
		vocab.RouteByPage:            textual,
		vocab.RouteByHours:           sameOrNot,
		vocab.RouteByLanguage:        append(slices.Clone(sameOrNot), knownOrNo...),
		vocab.RouteBySubject:         textual,
		vocab.RouteByToAddress:       textual,
	}

	// lacking are the kinds of conditions on what conversations by a medium have not.
	lacking = map[vocab.ChannelKind]map[vocab.RoutingConditionKind]bool{
		vocab.Chat:  {vocab.RouteBySubject: true, vocab.RouteByToAddress: true},
		vocab.Email: {vocab.RouteByPage: true, vocab.RouteByLanguage: true},
	}
)

func (d *directory) condition(kind vocab.ChannelKind, c schema.RoutingCondition, at []string) error {
	allowed, decidable := operators[c.Kind]
	switch {
	case !decidable || lacking[kind][c.Kind]:
		return errs.New(errs.Invalid, "A conversation by %s cannot be routed by %s: it has none that is known.", kind, c.Kind).On(on(at, "kind")...)
	case !slices.Contains(allowed, c.Operator):
		return errs.New(errs.Invalid, "%s does not go with %s; one of %v does.", c.Operator, c.Kind, allowed).On(on(at, "operator")...)
	case c.Kind == vocab.RouteByContactProperty && !slices.Contains(Properties, c.Property):
		return errs.New(errs.Invalid, "Contacts have no property %q; name one of %v.", errs.Clip(c.Property), Properties).On(on(at, "property")...)
	case c.Kind == vocab.RouteByList && !d.lists[c.Value]:
		return errs.New(errs.NotFound, "There is no list %q.", errs.Clip(c.Value)).On(on(at, "value")...)
	case c.Kind == vocab.RouteByHours || slices.Contains(knownOrNo, c.Operator):
		return nil
	case c.Value == "":
		return errs.New(errs.Required, "The condition needs a value to compare with.").On(on(at, "value")...)
	case utf8.RuneCountInString(c.Value) > MaxValue:
		return errs.New(errs.TooLong, "The value may have %d characters at most.", MaxValue).On(on(at, "value")...)
	}
	return nil
}

// target checks that a rule names whom its target is about, and nobody else.
func (d *directory) target(rule schema.RoutingRule, at []string) error {
	faults := []error{
		names(rule.UserIDs, rule.Target == vocab.RouteUsers, "userIds", rule.Target, at),
		names(rule.TeamIDs, rule.Target == vocab.RouteTeams, "teamIds", rule.Target, at),
	}
	for i, u := range rule.UserIDs {
		path := on(at, "userIds", strconv.Itoa(i))
		if slices.Contains(rule.UserIDs[:i], u) {
			faults = append(faults, errs.New(errs.Invalid, "The user is there twice.").On(path...))
			continue
		}
		faults = append(faults, d.person(u, path))
	}
	for i, t := range rule.TeamIDs {
		reaches, there := d.teams[t]
		path := on(at, "teamIds", strconv.Itoa(i))
		switch {
		case !there:
			faults = append(faults, errs.New(errs.NotFound, "There is no team %q.", errs.Clip(t)).On(path...))
		case slices.Contains(rule.TeamIDs[:i], t):
			faults = append(faults, errs.New(errs.Invalid, "The team is there twice.").On(path...))
		case !reaches:
			faults = append(faults, errs.New(errs.NotAMember, "The team is no member of the inbox, and none of its users is. Add it first.").On(path...))
		}
	}
	switch {
	case rule.FallbackID == "":
	case rule.Target != vocab.RouteContactOwner:
		faults = append(faults, errs.New(errs.Invalid, "A fallback goes with the target CONTACT_OWNER alone.").On(on(at, "fallbackId")...))
	default:
		faults = append(faults, d.person(rule.FallbackID, on(at, "fallbackId")))
	}
	return errors.Join(faults...)
}

func names(ids []string, wanted bool, field string, target vocab.RoutingTarget, at []string) error {
	switch {
	case wanted && len(ids) == 0:
		return errs.New(errs.Required, "The target %s needs at least one.", target).On(on(at, field)...)
	case !wanted && len(ids) > 0:
		return errs.New(errs.Invalid, "%s does not go with the target %s.", field, target).On(on(at, field)...)
	case len(ids) > MaxPeople:
		return errs.New(errs.TooLong, "The list has %d ids; at most %d are allowed.", len(ids), MaxPeople).On(on(at, field)...)
	}
	return nil
}

// person refuses a user whom routing would never choose.
func (d *directory) person(userID string, path []string) error {
	u := d.users[userID]
	switch {
	case u == nil:
		return errs.New(errs.NotFound, "There is no user %q.", errs.Clip(userID)).On(path...)
	case u.DeactivatedAt.IsSet():
		return errs.New(errs.NotEligible, "%s is deactivated.", u.Name).On(path...)
	case u.Seat == vocab.SeatNone:
		return errs.New(errs.SeatRequired, "%s has no seat, so that nothing can be routed to them. Give them one first.", u.Name).On(path...)
	case !d.members[userID]:
		return errs.New(errs.NotAMember, "%s is no member of the inbox. Add them to it first.", u.Name).On(path...)
	}
	return nil
}
