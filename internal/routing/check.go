package routing

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/contactlist"
	"parley/ent/inboxteam"
	"parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/pageurl"
	"parley/internal/property"
	"parley/internal/vocab"
)

// Limits of what a routing may hold.
const (
	MaxRules      = 50
	MaxConditions = 20
	MaxPeople     = 100 // users, or teams, of one rule
	MaxValue      = 500 // characters
	MinMaxAge     = 60  // seconds
	MaxMaxAge     = 365 * 24 * 60 * 60
	MaxPerMinute  = 100
)

// Check refuses a routing that could not do what it says, with an error for
// each fault, joined; the paths begin with "routing". A user without a seat is
// SEAT_REQUIRED, one who is no member of the inbox NOT_A_MEMBER, a deactivated
// one NOT_ELIGIBLE, an unknown one NOT_FOUND (AC-4, RT-2). The last rule has no
// conditions, and it alone (RT-3). A condition on what conversations of the
// channel's kind have not, such as a chat's subject, is INVALID, and so is
// one on a page that there cannot be. Nothing at all
// is fine: it leaves unassigned.
func Check(ctx context.Context, client *ent.Client, inboxID string, kind vocab.ChannelKind, r vocab.Routing) error {
	return CheckChange(ctx, client, inboxID, kind, vocab.Routing{}, r)
}

// CheckChange is Check for a routing that takes the place of another one. Whom and what
// that one named already is not checked again: who lost a seat since, or a team that
// is gone, stands in no other change's way (RT-2).
func CheckChange(ctx context.Context, client *ent.Client, inboxID string, kind vocab.ChannelKind, before, r vocab.Routing) error {
	return check(ctx, client, inboxID, kind, before, r)
}

// CheckAccount is CheckChange for a bot's routing of chats, which is of no inbox: whoever
// it names is a member of some, or not, when it hands off.
func CheckAccount(ctx context.Context, client *ent.Client, before, r vocab.Routing) error {
	return check(ctx, client, "", vocab.Chat, before, r)
}

func check(ctx context.Context, client *ent.Client, inboxID string, kind vocab.ChannelKind, before, r vocab.Routing) error {
	if reflect.DeepEqual(before, r) {
		return nil
	}
	if err := checkOffers(r); err != nil || len(r.Rules) == 0 {
		return err
	}
	if len(r.Rules) > MaxRules {
		return errs.Exceeds(MaxRules, "There are %d rules; at most %d are allowed.", len(r.Rules), MaxRules).On("routing", "rules")
	}
	known, err := loadDirectory(ctx, client, inboxID, r)
	if err != nil {
		return err
	}
	known.keepNamed(before)
	var faults []error
	for i, rule := range r.Rules {
		at := []string{"routing", "rules", strconv.Itoa(i)}
		faults = append(faults, checkOrder(rule, i == len(r.Rules)-1, at), known.checkConditions(kind, rule, at), known.checkTarget(rule, at))
	}
	return errors.Join(faults...)
}

// checkOffers refuses bounds of offers out of range (RT-7).
func checkOffers(r vocab.Routing) error {
	var faults []error
	if r.OfferMaxAge != 0 && (r.OfferMaxAge < MinMaxAge || r.OfferMaxAge > MaxMaxAge) {
		faults = append(faults, errs.New(errs.Invalid, "The age must be from %d to %d seconds.", MinMaxAge, MaxMaxAge).On("routing", "offerMaxAge"))
	}
	if r.OfferPerMinute < 0 || r.OfferPerMinute > MaxPerMinute {
		faults = append(faults, errs.New(errs.Invalid, "From 1 to %d can be offered within a minute.", MaxPerMinute).On("routing", "offerPerMinute"))
	}
	return errors.Join(faults...)
}

// directory is what there is of what a routing names.
type directory struct {
	users   map[string]*ent.User
	members map[string]bool
	// anyInbox: it does not matter which inbox someone is a member of.
	anyInbox bool
	teams    map[string]bool // and whether they reach the inbox
	lists    map[string]bool
	// properties are those of contacts that conditions name.
	properties property.Directory
	// archived are the names of the teams and lists that may be named nowhere new (IB-7).
	archived map[string]string
	// kept are what was named before, and is not checked again.
	kept map[string]bool
}

// keepNamed takes all that a routing names as it is.
func (d *directory) keepNamed(r vocab.Routing) {
	d.kept = map[string]bool{}
	for _, rule := range r.Rules {
		for _, named := range slices.Concat(rule.UserIDs, rule.TeamIDs, []string{rule.FallbackID}) {
			d.kept[named] = true
		}
		for _, c := range rule.Conditions {
			if c.Kind == vocab.RouteByList {
				d.kept[c.Value] = true
			}
			if c.Defined != nil {
				d.kept[c.Defined.PropertyID] = true
			}
		}
	}
}

func loadDirectory(ctx context.Context, client *ent.Client, inboxID string, r vocab.Routing) (*directory, error) {
	var users, teams, lists []string
	for _, rule := range r.Rules {
		users = append(append(users, rule.UserIDs...), rule.FallbackID)
		teams = append(teams, rule.TeamIDs...)
		for _, c := range rule.Conditions {
			lists = append(lists, c.Value)
		}
	}
	d := &directory{users: map[string]*ent.User{}, lists: map[string]bool{}, archived: map[string]string{}}
	found, err := client.User.Query().Where(user.IDIn(idsWithPrefix(users, id.User)...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range found {
		d.users[u.ID] = u
	}
	if d.properties, err = findProperties(ctx, client, r); err != nil {
		return nil, err
	}
	d.anyInbox = inboxID == ""
	if d.members, err = Members(ctx, client, inboxID); err != nil {
		return nil, err
	}
	if d.teams, err = d.reachableTeams(ctx, client, inboxID, idsWithPrefix(teams, id.Team)); err != nil {
		return nil, err
	}
	there, err := client.ContactList.Query().Where(contactlist.IDIn(idsWithPrefix(lists, id.ContactList)...)).All(ctx)
	for _, l := range there {
		d.lists[l.ID] = true
		if l.ArchivedAt.IsSet() {
			d.archived[l.ID] = l.Name
		}
	}
	return d, err
}

func idsWithPrefix(ids []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return !id.Is(s, prefix) })
}

// reachableTeams says of each team that exists whether it is a member of the inbox,
// or one of its users is.
func (d *directory) reachableTeams(ctx context.Context, client *ent.Client, inboxID string, ids []string) (map[string]bool, error) {
	teams := map[string]bool{}
	found, err := client.Team.Query().Where(team.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	var there []string
	for _, t := range found {
		there, teams[t.ID] = append(there, t.ID), false
		if t.ArchivedAt.IsSet() {
			d.archived[t.ID] = t.Name
		}
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

// checkOrder: the last rule takes what the others leave; a rule before it that has
// no conditions would leave it nothing (RT-3).
func checkOrder(rule vocab.RoutingRule, last bool, at []string) error {
	switch {
	case last && len(rule.Conditions) > 0:
		return errs.New(errs.Invalid, "The last rule must have no conditions, so that it applies when no other rule does.").On(pathTo(at, "conditions")...)
	case !last && len(rule.Conditions) == 0:
		return errs.New(errs.Required, "Only the last rule may have no conditions: the rules after this one would never apply.").On(pathTo(at, "conditions")...)
	case len(rule.Conditions) > MaxConditions:
		return errs.Exceeds(MaxConditions, "The rule has %d conditions; at most %d are allowed.", len(rule.Conditions), MaxConditions).On(pathTo(at, "conditions")...)
	}
	return nil
}

func pathTo(at []string, more ...string) []string { return append(slices.Clone(at), more...) }

// checkConditions checks each condition of a rule.
func (d *directory) checkConditions(kind vocab.ChannelKind, rule vocab.RoutingRule, at []string) error {
	var faults []error
	for i, c := range rule.Conditions {
		faults = append(faults, d.checkCondition(kind, c, pathTo(at, "conditions", strconv.Itoa(i))))
	}
	return errors.Join(faults...)
}

var (
	sameOrNot  = []vocab.RoutingOperator{vocab.RoutingIs, vocab.RoutingIsNot}
	textual    = []vocab.RoutingOperator{vocab.RoutingIs, vocab.RoutingIsNot, vocab.RoutingContains, vocab.RoutingNotContains, vocab.RoutingStartsWith}
	containing = map[vocab.RoutingOperator]bool{vocab.RoutingContains: true, vocab.RoutingNotContains: true}
	knownOrNo  = []vocab.RoutingOperator{vocab.RoutingKnown, vocab.RoutingUnknown}

	operators = map[vocab.RoutingConditionKind][]vocab.RoutingOperator{
		vocab.RouteByContactProperty: append(slices.Clone(textual), knownOrNo...),
		vocab.RouteByDefinedProperty: {""},
		vocab.RouteByList:            sameOrNot,
		vocab.RouteByPage:            textual,
		vocab.RouteByHours:           sameOrNot,
		vocab.RouteByLanguage:        append(slices.Clone(sameOrNot), knownOrNo...),
		vocab.RouteBySubject:         textual,
		vocab.RouteByToAddress:       textual,
	}
)

// inputFields are the fields of the input that conditions come in, by kind.
var inputFields = map[vocab.RoutingConditionKind]string{
	vocab.RouteByContactProperty: "contactProperty",
	vocab.RouteByDefinedProperty: "definedProperty",
	vocab.RouteByList:            "list",
	vocab.RouteByPage:            "page",
	vocab.RouteByHours:           "hours",
	vocab.RouteByLanguage:        "language",
	vocab.RouteBySubject:         "subject",
	vocab.RouteByToAddress:       "toAddress",
}

func (d *directory) checkCondition(kind vocab.ChannelKind, c vocab.RoutingCondition, at []string) error {
	allowed, decidable := operators[c.Kind]
	if !decidable {
		return errs.New(errs.Invalid, "There is no condition %q.", errs.Clip(string(c.Kind))).On(at...)
	}
	at = pathTo(at, inputFields[c.Kind])
	switch {
	case !kind.RoutedBy(c.Kind):
		return errs.New(errs.Invalid, "A conversation of kind %s cannot be routed by %s: it has no such value.", kind, c.Kind).On(at...)
	case c.Kind == vocab.RouteByDefinedProperty && c.Defined != nil:
		return d.checkDefined(*c.Defined, at)
	case !slices.Contains(allowed, c.Operator):
		return errs.New(errs.Invalid, "%s is not allowed with %s; use one of %v.", c.Operator, c.Kind, allowed).On(pathTo(at, "operator")...)
	case c.Kind == vocab.RouteByContactProperty && !slices.Contains(Properties, c.Property):
		return errs.New(errs.Invalid, "Contacts have no property %q; use one of %v.", errs.Clip(c.Property), Properties).On(pathTo(at, "property")...)
	case c.Kind == vocab.RouteByList && !d.lists[c.Value] && !d.kept[c.Value]:
		return errs.New(errs.NotFound, "There is no list %q.", errs.Clip(c.Value)).On(pathTo(at, "contactListId")...)
	case c.Kind == vocab.RouteByList && d.isArchived(c.Value):
		return d.refuseArchived("list", c.Value, pathTo(at, "contactListId"))
	case c.Kind == vocab.RouteByHours || slices.Contains(knownOrNo, c.Operator):
		return nil
	case c.Value == "":
		return errs.New(errs.Required, "The condition requires a value to compare with.").On(pathTo(at, "value")...)
	case utf8.RuneCountInString(c.Value) > MaxValue:
		return errs.Exceeds(MaxValue, "The value may have at most %d characters.", MaxValue).On(pathTo(at, "value")...)
	case c.Kind == vocab.RouteByPage && !containing[c.Operator]:
		if why := pageurl.Impossible(c.Value, false); why != "" {
			return errs.New(errs.Invalid, "No URL can match the value %q: %s.", errs.Clip(c.Value), why).On(pathTo(at, "value")...)
		}
	}
	return nil
}

// checkTarget checks that a rule names whom its target is about, and no one else.
func (d *directory) checkTarget(rule vocab.RoutingRule, at []string) error {
	faults := []error{
		checkNames(rule.UserIDs, rule.Target == vocab.RouteUsers, "userIds", rule.Target, at),
		checkNames(rule.TeamIDs, rule.Target == vocab.RouteTeams, "teamIds", rule.Target, at),
	}
	for i, u := range rule.UserIDs {
		path := pathTo(at, "userIds", strconv.Itoa(i))
		if slices.Contains(rule.UserIDs[:i], u) {
			faults = append(faults, errs.New(errs.Invalid, "The user is listed twice; list them once.").On(path...))
			continue
		}
		faults = append(faults, d.checkPerson(u, path))
	}
	for i, t := range rule.TeamIDs {
		reaches, there := d.teams[t]
		path := pathTo(at, "teamIds", strconv.Itoa(i))
		switch {
		case !there && !d.kept[t]:
			faults = append(faults, errs.New(errs.NotFound, "There is no team %q.", errs.Clip(t)).On(path...))
		case slices.Contains(rule.TeamIDs[:i], t):
			faults = append(faults, errs.New(errs.Invalid, "The team is listed twice; list it once.").On(path...))
		case d.isArchived(t):
			faults = append(faults, d.refuseArchived("team", t, path))
		case !reaches && !d.anyInbox && !d.kept[t]:
			faults = append(faults, errs.New(errs.NotAMember, "Neither the team nor any of its users is a member of the inbox. Add it first.").On(path...))
		}
	}
	switch {
	case rule.FallbackID == "":
	case rule.Target != vocab.RouteContactOwner:
		faults = append(faults, errs.New(errs.Invalid, "A fallback is allowed only with the target CONTACT_OWNER.").On(pathTo(at, "fallbackId")...))
	default:
		faults = append(faults, d.checkPerson(rule.FallbackID, pathTo(at, "fallbackId")))
	}
	return errors.Join(faults...)
}

// isArchived reports whether a routing may not begin to name a team or a list (IB-7).
func (d *directory) isArchived(named string) bool {
	_, archived := d.archived[named]
	return archived && !d.kept[named]
}

func (d *directory) refuseArchived(what, named string, path []string) error {
	return errs.New(errs.Invalid, "The %s %q is archived: it stays where it is used, and cannot be used anywhere else.", what, d.archived[named]).On(path...)
}

func checkNames(ids []string, wanted bool, field string, target vocab.RoutingTarget, at []string) error {
	switch {
	case wanted && len(ids) == 0:
		return errs.New(errs.Required, "The target %s requires at least one.", target).On(pathTo(at, field)...)
	case !wanted && len(ids) > 0:
		return errs.New(errs.Invalid, "%s is not allowed with the target %s.", field, target).On(pathTo(at, field)...)
	case len(ids) > MaxPeople:
		return errs.Exceeds(MaxPeople, "The list has %d ids; at most %d are allowed.", len(ids), MaxPeople).On(pathTo(at, field)...)
	}
	return nil
}

// checkPerson refuses a user whom routing would never choose.
func (d *directory) checkPerson(userID string, path []string) error {
	u := d.users[userID]
	switch {
	case d.kept[userID]:
	case u == nil:
		return errs.New(errs.NotFound, "There is no user %q.", errs.Clip(userID)).On(path...)
	case u.DeactivatedAt.IsSet():
		return errs.New(errs.NotEligible, "%s is deactivated.", u.Name).On(path...)
	case u.Seat == vocab.SeatNone:
		return errs.New(errs.SeatRequired, "%s has no seat, so nothing can be routed to them. Give them a seat first.", u.Name).On(path...)
	case !d.anyInbox && !d.members[userID]:
		return errs.New(errs.NotAMember, "%s is not a member of the inbox. Add them to it first.", u.Name).On(path...)
	}
	return nil
}
