package routing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/botflow"
	"parley/ent/customchannel"
	"parley/ent/email"
	"parley/ent/emailchannel"
	"parley/ent/routingdecision"
	"parley/ent/routingturn"
	"parley/ent/targetedmessage"
	"parley/ent/targetedmessageversion"
	entteam "parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/contact/smartlist"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Router reads what routing goes by. Its context is byRouting's.
type Router struct {
	Client *ent.Client
	Query  func(ctx context.Context, query string, args ...any) (entsql.ColumnScanner, error)
	Now    clock.Micros
	// To is whom the first mail of a conversation went to, while it is not kept yet.
	To []string
	// Newcomer are the properties of a contact who is not there yet; nil: no one
	// knows.
	Newcomer map[string]string
	// Tx keeps others from changing what is read until it ends; nil: no one does.
	Tx *store.Tx
}

// RulesOf returns the routing of a conversation's source as it is now, so that who was
// added to it helps those who wait (RT-4). Of a targeted message that is gone it is
// that of the version which the conversation began with; an e-mail channel that is
// gone has none. A chat that a bot began has the bot's (BT-2).
func (r Router) RulesOf(ctx context.Context, c *ent.Conversation) (vocab.Routing, error) {
	if id.Is(c.RoutingSource, id.Channel) {
		own, err := r.Client.CustomChannel.Query().Where(customchannel.ID(c.RoutingSource)).Only(ctx)
		if err == nil || !ent.IsNotFound(err) {
			return routingOf(own), err
		}
		channel, err := r.Client.EmailChannel.Query().Where(emailchannel.ID(c.RoutingSource)).Only(ctx)
		if ent.IsNotFound(err) {
			return vocab.Routing{}, nil
		}
		if err != nil {
			return vocab.Routing{}, err
		}
		return channel.Routing, nil
	}
	if id.Is(c.RoutingSource, id.Bot) {
		b, err := r.Client.Bot.Get(ctx, c.RoutingSource)
		if ent.IsNotFound(err) {
			return vocab.Routing{}, nil
		}
		if err != nil {
			return vocab.Routing{}, err
		}
		return b.Routing, nil
	}
	if flowID, stepID, ofStep := strings.Cut(c.RoutingSource, "/"); ofStep {
		return r.rulesOfStep(ctx, flowID, stepID)
	}
	m, err := r.Client.TargetedMessage.Query().Where(targetedmessage.ID(c.RoutingSource)).Only(ctx)
	if err == nil {
		return m.Routing, nil
	}
	if !ent.IsNotFound(err) {
		return vocab.Routing{}, err
	}
	v, err := r.Client.TargetedMessageVersion.Query().Where(targetedmessageversion.TargetedMessageID(c.RoutingSource),
		targetedmessageversion.Version(c.TargetedMessageVersion)).Only(ctx)
	if ent.IsNotFound(err) {
		return vocab.Routing{}, nil
	}
	if err != nil {
		return vocab.Routing{}, err
	}
	return v.Content.Routing, nil
}

// routingOf is the routing of a custom channel; nil: none.
func routingOf(c *ent.CustomChannel) vocab.Routing {
	if c == nil {
		return vocab.Routing{}
	}
	return c.Routing
}

// SourceOfStep is the routing source of a conversation that a step of a version of a bot's
// flow hands off by its own routing (BT-4).
func SourceOfStep(flowID, stepID string) string { return flowID + "/" + stepID }

func (r Router) rulesOfStep(ctx context.Context, flowID, stepID string) (vocab.Routing, error) {
	f, err := r.Client.BotFlow.Query().Where(botflow.ID(flowID)).Only(ctx)
	if ent.IsNotFound(err) {
		return vocab.Routing{}, nil
	}
	if err != nil {
		return vocab.Routing{}, err
	}
	if step, _ := f.Flow.Step(stepID); step != nil && step.Routing != nil {
		return *step.Routing, nil
	}
	return vocab.Routing{}, nil
}

// Decide chooses who gets a conversation by rules.
func (r Router) Decide(ctx context.Context, c *ent.Conversation, rules vocab.Routing, of Case) (Decision, error) {
	facts, err := r.ReadFacts(ctx, c, rules)
	if err != nil {
		return Decision{}, err
	}
	number, rule := Pick(rules, facts)
	return r.Choose(ctx, c, number, rule, of)
}

// Choose chooses among the people whom a rule names, which has a number, and
// stores nothing.
func (r Router) Choose(ctx context.Context, c *ent.Conversation, number int, rule vocab.RoutingRule, of Case) (Decision, error) {
	of.Kind = c.Kind
	var candidates []Candidate
	var err error
	if rule.Target != vocab.RouteUnassigned {
		if rule, candidates, err = r.ReadCandidates(ctx, c, rule); err != nil {
			return Decision{}, err
		}
		turn, err := r.Client.RoutingTurn.Query().Where(routingturn.Scope(turnScope(c, number))).Only(ctx)
		switch {
		case err == nil:
			of.Last = turn.LastUserID
		case !ent.IsNotFound(err):
			return Decision{}, err
		}
		if of.OfferPerMinute > 0 {
			if err := r.countOffers(ctx, candidates); err != nil {
				return Decision{}, err
			}
		}
	}
	d := Choose(rule, candidates, of)
	d.Rule = number
	return d, nil
}

// turnScope names those who take turns: the people of one rule of one source.
func turnScope(c *ent.Conversation, rule int) string {
	return fmt.Sprintf("%s/%d", c.RoutingSource, rule)
}

// RecordTurn remembers who was chosen, so that the next one is next.
func (r Router) RecordTurn(ctx context.Context, c *ent.Conversation, d Decision) error {
	if d.AssigneeID == "" {
		return nil
	}
	_, err := r.Tx.Exec(ctx, `INSERT INTO routing_turns (id, account_id, scope, last_user_id, turn) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (account_id, scope) DO UPDATE SET last_user_id = excluded.last_user_id, turn = routing_turns.turn + 1`,
		id.New("turn"), c.AccountID, turnScope(c, d.Rule), d.AssigneeID)
	return err
}

// ReadFacts reads what the rules ask for.
func (r Router) ReadFacts(ctx context.Context, c *ent.Conversation, rules vocab.Routing) (Facts, error) {
	facts := Facts{Page: c.OriginURL, Subject: c.Subject, Contact: r.Newcomer}
	ctx = viewer.AsSystem(ctx, "routing")
	if c.ContactID != "" && Asks(rules, vocab.RouteByContactProperty) {
		contact, err := r.Client.Contact.Get(ctx, c.ContactID)
		if err != nil {
			return facts, err
		}
		facts.Contact = map[string]string{"name": contact.Name, "email": contact.Email, "phone": contact.Phone}
	}
	if Asks(rules, vocab.RouteByDefinedProperty) {
		defined, err := r.readDefined(ctx, c.ContactID, rules)
		if err != nil {
			return facts, err
		}
		facts.Defined = defined
	}
	if c.ContactID != "" && Asks(rules, vocab.RouteByList) {
		lists, err := smartlist.ListsOf(ctx, r.Client, c.ContactID, r.Now)
		if err != nil {
			return facts, err
		}
		facts.ListIDs = lists
	}
	if c.VisitorID != "" && Asks(rules, vocab.RouteByLanguage) {
		visitor, err := r.Client.Visitor.Get(ctx, c.VisitorID)
		if err != nil {
			return facts, err
		}
		facts.Language = visitor.Language
	}
	if c.Kind.RoutedBy(vocab.RouteByToAddress) && Asks(rules, vocab.RouteByToAddress) {
		to, err := r.addressees(ctx, c)
		if err != nil {
			return facts, err
		}
		facts.To = to
	}
	if Asks(rules, vocab.RouteByHours) {
		hours, err := hoursOf(ctx, r.Client, c.InboxID)
		if err != nil {
			return facts, err
		}
		facts.InHours = availability.InHours(hours, r.Now.Time())
	}
	return facts, nil
}

// addressees are whom the first mail of a conversation went to.
func (r Router) addressees(ctx context.Context, c *ent.Conversation) ([]string, error) {
	to := append([]string{c.ToAddress}, r.To...)
	first, err := r.Client.Email.Query().Where(email.ConversationID(c.ID)).Order(email.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return to, nil
	}
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Concat(first.To, first.Cc) {
		to = append(to, m.Address)
	}
	return to, nil
}

// ReadCandidates reads whom a rule names, in its order. Teams that are gone are
// left out of the rule.
func (r Router) ReadCandidates(ctx context.Context, c *ent.Conversation, rule vocab.RoutingRule) (vocab.RoutingRule, []Candidate, error) {
	rule, named, err := r.nameCandidates(ctx, c, rule)
	if err != nil {
		return rule, nil, err
	}
	ids := make([]string, 0, len(named))
	for _, n := range named {
		if n.UserID != "" {
			ids = append(ids, n.UserID)
		}
	}
	slices.Sort(ids)
	if err := r.holdCandidates(ctx, c.AccountID, ids); err != nil {
		return rule, nil, err
	}
	people, err := r.loadUsers(ctx, c, ids)
	if err != nil {
		return rule, nil, err
	}
	for i, n := range named {
		if p, known := people[n.UserID]; known {
			p.TeamID = n.TeamID
			named[i] = p
		} else {
			named[i].Deactivated = true
		}
	}
	return rule, named, nil
}

// nameCandidates lists whom a rule names, only by id and team.
func (r Router) nameCandidates(ctx context.Context, c *ent.Conversation, rule vocab.RoutingRule) (vocab.RoutingRule, []Candidate, error) {
	list := []Candidate{}
	switch rule.Target {
	case vocab.RouteContactOwner:
		owner := ""
		if c.ContactID != "" {
			contact, err := r.Client.Contact.Get(viewer.AsSystem(ctx, "routing"), c.ContactID)
			if err != nil {
				return rule, nil, err
			}
			owner = contact.OwnerID
		}
		return rule, append(list, Candidate{UserID: owner}, Candidate{UserID: rule.FallbackID}), nil
	case vocab.RouteTeams:
		return r.nameTeamMembers(ctx, rule)
	}
	for _, u := range rule.UserIDs {
		list = append(list, Candidate{UserID: u})
	}
	return rule, list, nil
}

func (r Router) nameTeamMembers(ctx context.Context, rule vocab.RoutingRule) (vocab.RoutingRule, []Candidate, error) {
	there, err := r.Client.Team.Query().Where(entteam.IDIn(rule.TeamIDs...)).IDs(ctx)
	if err != nil {
		return rule, nil, err
	}
	rule.TeamIDs = slices.DeleteFunc(slices.Clone(rule.TeamIDs), func(t string) bool { return !slices.Contains(there, t) })
	members, err := r.Client.TeamMember.Query().Where(teammember.TeamIDIn(rule.TeamIDs...)).Order(teammember.ByUserID()).All(ctx)
	if err != nil {
		return rule, nil, err
	}
	list := []Candidate{}
	for _, t := range rule.TeamIDs {
		for _, m := range members {
			if m.TeamID == t {
				list = append(list, Candidate{UserID: m.UserID, TeamID: t})
			}
		}
	}
	return rule, list, nil
}

// HoldAccount has one routing of an account go after the other, until the transaction
// ends (RT-6). SQLite has one writer.
func (r Router) HoldAccount(ctx context.Context, accountID string) error {
	if r.Tx == nil || !r.Tx.Postgres() {
		return nil
	}
	_, err := r.Tx.Exec(ctx, `INSERT INTO routing_turns (id, account_id, scope) VALUES ($1, $2, '')
		ON CONFLICT (account_id, scope) DO UPDATE SET turn = routing_turns.turn + 1`, id.New("turn"), accountID)
	return err
}

// holdCandidates is HoldAccount, and keeps the candidates as they are: their capacity
// and their turn are decided on once, and who goes away meanwhile does so before or
// after (RT-6).
func (r Router) holdCandidates(ctx context.Context, accountID string, ids []string) error {
	if r.Tx == nil || !r.Tx.Postgres() {
		return nil
	}
	if err := r.HoldAccount(ctx, accountID); err != nil || len(ids) == 0 {
		return err
	}
	s := &store.Statement{}
	s.WriteString("SELECT id FROM users WHERE account_id = " + s.Arg(accountID) + " AND id IN (" + store.List(s, ids) + ") ORDER BY id FOR NO KEY UPDATE")
	_, err := r.Tx.Exec(ctx, s.String(), s.Args...)
	return err
}

// loadUsers reads users as candidates for a conversation.
func (r Router) loadUsers(ctx context.Context, c *ent.Conversation, ids []string) (map[string]Candidate, error) {
	people := make(map[string]Candidate, len(ids))
	users, err := r.Client.User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil || len(users) == 0 {
		return people, err
	}
	members, err := Members(ctx, r.Client, c.InboxID)
	if err != nil {
		return nil, err
	}
	counts, err := CountLoads(ctx, r.Query, c.AccountID, ids)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		people[u.ID] = Candidate{
			UserID: u.ID, Seated: u.Seat != vocab.SeatNone, Member: members[u.ID], Available: u.Availability == vocab.Available,
			Deactivated: u.DeactivatedAt.IsSet(), LeftOut: !u.AutoAssign, Capacity: u.ChatCapacity, Chats: counts[u.ID].Chats, Open: counts[u.ID].Open,
		}
	}
	return people, nil
}

// countOffers fills in how many of the waiting conversations the candidates were
// offered within the last minute; those whose visitor was connected do not count (RT-7).
func (r Router) countOffers(ctx context.Context, candidates []Candidate) error {
	ids := make([]string, len(candidates))
	for i, c := range candidates {
		ids[i] = c.UserID
	}
	var counts []struct {
		AssigneeID string `json:"assignee_id"`
		Count      int    `json:"count"`
	}
	err := r.Client.RoutingDecision.Query().Where(routingdecision.AssigneeIDIn(ids...), routingdecision.DecidedAtGT(r.Now.Add(-time.Minute)),
		routingdecision.Trigger(string(vocab.RoutedOffered)), routingdecision.Connected(false)).
		GroupBy(routingdecision.FieldAssigneeID).Aggregate(ent.Count()).Scan(ctx, &counts)
	for i, c := range candidates {
		for _, n := range counts {
			if n.AssigneeID == c.UserID {
				candidates[i].Offers = n.Count
			}
		}
	}
	return err
}

// Load is what a user has to do: open chats, and open conversations of any kind.
type Load struct{ Chats, Open int }

// CountLoads counts what users have to do, in the whole account: what is open, and
// neither filtered nor snoozed (RT-2). It goes by the index of what is open.
func CountLoads(ctx context.Context, query func(context.Context, string, ...any) (entsql.ColumnScanner, error), accountID string, ids []string) (map[string]Load, error) {
	s := &store.Statement{}
	limited := vocab.KindsThat(func(a vocab.Abilities) bool { return a.TakesCapacity })
	s.WriteString(`SELECT assignee_id, SUM(CASE WHEN kind IN (` + store.List(s, limited) + `) THEN 1 ELSE 0 END), COUNT(*) FROM conversations
		WHERE inbox_id IN (SELECT id FROM inboxes WHERE deleted_at = 0 AND account_id = ` + s.Arg(accountID) + `)
		AND folder IN ('MAIN', 'BOT') AND kind IN (` + store.List(s, vocab.ChannelKinds()) + `) AND status = 'OPEN' AND snoozed_until = 0
		AND assignee_id IN (` + store.List(s, ids) + `) GROUP BY assignee_id`)
	rows, err := query(ctx, s.String(), s.Args...)
	if err != nil {
		return nil, fmt.Errorf("count open conversations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]Load{}
	for rows.Next() {
		var userID string
		var n Load
		if err := rows.Scan(&userID, &n.Chats, &n.Open); err != nil {
			return nil, err
		}
		counts[userID] = n
	}
	return counts, rows.Err()
}
