package conversation

import (
	"context"
	"fmt"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/contactlistmember"
	"parley/ent/email"
	"parley/ent/emailchannel"
	"parley/ent/routingturn"
	"parley/ent/schema"
	"parley/ent/targetedmessage"
	"parley/ent/targetedmessageversion"
	entteam "parley/ent/team"
	"parley/ent/teammember"
	"parley/ent/user"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

// router reads what routing goes by. Its context is byRouting's.
type router struct {
	client *ent.Client
	query  func(ctx context.Context, query string, args ...any) (entsql.ColumnScanner, error)
	now    clock.Micros
	// to is whom the first mail of a conversation went to, while it is not kept yet.
	to []string
	// newcomer are the properties of a contact who is not there yet; nil: nobody knows.
	newcomer map[string]string
	// tx keeps others from changing what is read until it ends; nil: nobody does.
	tx *store.Tx
}

// router decides for good: what it reads stays so until the commit.
func (ch *change) router() router {
	return router{client: ch.tx.Client, query: ch.tx.Query, now: ch.now(), to: ch.to, tx: ch.tx}
}

// router of a service says what would be decided.
func (s *Service) router(ctx context.Context) router {
	return router{client: s.store.Client(ctx), query: s.store.Query, now: s.store.Now()}
}

// rules returns the routing of a conversation's source: an e-mail channel's as it
// is now, a targeted message's as of the version that the conversation began with
// (TM-1). A source that is gone has none.
func (r router) rules(ctx context.Context, c *ent.Conversation) (schema.Routing, error) {
	if id.Is(c.RoutingSource, id.Channel) {
		channel, err := r.client.EmailChannel.Query().Where(emailchannel.ID(c.RoutingSource)).Only(ctx)
		if ent.IsNotFound(err) {
			return schema.Routing{}, nil
		}
		if err != nil {
			return schema.Routing{}, err
		}
		return channel.Routing, nil
	}
	v, err := r.client.TargetedMessageVersion.Query().Where(targetedmessageversion.TargetedMessageID(c.RoutingSource),
		targetedmessageversion.Version(c.TargetedMessageVersion)).Only(ctx)
	if err == nil {
		return v.Content.Routing, nil
	}
	if !ent.IsNotFound(err) {
		return schema.Routing{}, err
	}
	m, err := r.client.TargetedMessage.Query().Where(targetedmessage.ID(c.RoutingSource)).Only(ctx)
	if ent.IsNotFound(err) {
		return schema.Routing{}, nil
	}
	if err != nil {
		return schema.Routing{}, err
	}
	return m.Routing, nil
}

// decide chooses who gets a conversation by rules.
func (r router) decide(ctx context.Context, c *ent.Conversation, rules schema.Routing, of routing.Case) (routing.Decision, error) {
	facts, err := r.facts(ctx, c, rules)
	if err != nil {
		return routing.Decision{}, err
	}
	number, rule := routing.Pick(rules, facts)
	return r.choose(ctx, c, number, rule, of)
}

func (r router) choose(ctx context.Context, c *ent.Conversation, number int, rule schema.RoutingRule, of routing.Case) (routing.Decision, error) {
	of.Kind = c.Kind
	var candidates []routing.Candidate
	var err error
	if rule.Target != vocab.RouteUnassigned {
		if rule, candidates, err = r.candidates(ctx, c, rule); err != nil {
			return routing.Decision{}, err
		}
		turn, err := r.client.RoutingTurn.Query().Where(routingturn.Scope(circle(c, number))).Only(ctx)
		switch {
		case err == nil:
			of.Last = turn.LastUserID
		case !ent.IsNotFound(err):
			return routing.Decision{}, err
		}
	}
	d := routing.Choose(rule, candidates, of)
	d.Rule = number
	return d, nil
}

// circle names those who take turns: the people of one rule of one source.
func circle(c *ent.Conversation, rule int) string {
	return fmt.Sprintf("%s/%d", c.RoutingSource, rule)
}

// turn remembers who was chosen, so that the next one is next.
func (r router) turn(ctx context.Context, c *ent.Conversation, d routing.Decision) error {
	if d.AssigneeID == "" {
		return nil
	}
	_, err := r.tx.Exec(ctx, `INSERT INTO routing_turns (id, account_id, scope, last_user_id, turn) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (account_id, scope) DO UPDATE SET last_user_id = excluded.last_user_id, turn = routing_turns.turn + 1`,
		id.New("turn"), c.AccountID, circle(c, d.Rule), d.AssigneeID)
	return err
}

// facts reads what the rules ask for.
func (r router) facts(ctx context.Context, c *ent.Conversation, rules schema.Routing) (routing.Facts, error) {
	facts := routing.Facts{Page: c.OriginURL, Subject: c.Subject, Contact: r.newcomer}
	if c.ContactID != "" && routing.Asks(rules, vocab.RouteByContactProperty) {
		contact, err := r.client.Contact.Get(ctx, c.ContactID)
		if err != nil {
			return facts, err
		}
		facts.Contact = map[string]string{"name": contact.Name, "email": contact.Email, "phone": contact.Phone}
	}
	if c.ContactID != "" && routing.Asks(rules, vocab.RouteByList) {
		lists, err := r.client.ContactListMember.Query().Where(contactlistmember.ContactID(c.ContactID)).
			Select(contactlistmember.FieldListID).Strings(ctx)
		if err != nil {
			return facts, err
		}
		facts.ListIDs = lists
	}
	if c.VisitorID != "" && routing.Asks(rules, vocab.RouteByLanguage) {
		visitor, err := r.client.Visitor.Get(ctx, c.VisitorID)
		if err != nil {
			return facts, err
		}
		facts.Language = visitor.Language
	}
	if c.Kind == vocab.Email && routing.Asks(rules, vocab.RouteByToAddress) {
		to, err := r.addressees(ctx, c)
		if err != nil {
			return facts, err
		}
		facts.To = to
	}
	if routing.Asks(rules, vocab.RouteByHours) {
		channel, err := r.client.Channel.Get(ctx, c.ChannelID)
		if err != nil {
			return facts, err
		}
		facts.InHours = availability.InHours(channel.Availability, r.now.Time())
	}
	return facts, nil
}

// addressees are whom the first mail of a conversation went to.
func (r router) addressees(ctx context.Context, c *ent.Conversation) ([]string, error) {
	to := append([]string{c.ToAddress}, r.to...)
	first, err := r.client.Email.Query().Where(email.ConversationID(c.ID)).Order(email.ByID()).First(ctx)
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

// candidates reads whom a rule names, in its order. Teams that are gone are
// left out of the rule.
func (r router) candidates(ctx context.Context, c *ent.Conversation, rule schema.RoutingRule) (schema.RoutingRule, []routing.Candidate, error) {
	rule, named, err := r.named(ctx, c, rule)
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
	if err := r.hold(ctx, c.AccountID, ids); err != nil {
		return rule, nil, err
	}
	people, err := r.people(ctx, c, ids)
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

// named lists whom a rule names, by id and team alone.
func (r router) named(ctx context.Context, c *ent.Conversation, rule schema.RoutingRule) (schema.RoutingRule, []routing.Candidate, error) {
	list := []routing.Candidate{}
	switch rule.Target {
	case vocab.RouteContactOwner:
		owner := ""
		if c.ContactID != "" {
			contact, err := r.client.Contact.Get(ctx, c.ContactID)
			if err != nil {
				return rule, nil, err
			}
			owner = contact.OwnerID
		}
		return rule, append(list, routing.Candidate{UserID: owner}, routing.Candidate{UserID: rule.FallbackID}), nil
	case vocab.RouteTeams:
		return r.teams(ctx, rule)
	}
	for _, u := range rule.UserIDs {
		list = append(list, routing.Candidate{UserID: u})
	}
	return rule, list, nil
}

func (r router) teams(ctx context.Context, rule schema.RoutingRule) (schema.RoutingRule, []routing.Candidate, error) {
	there, err := r.client.Team.Query().Where(entteam.IDIn(rule.TeamIDs...)).IDs(ctx)
	if err != nil {
		return rule, nil, err
	}
	rule.TeamIDs = slices.DeleteFunc(slices.Clone(rule.TeamIDs), func(t string) bool { return !slices.Contains(there, t) })
	members, err := r.client.TeamMember.Query().Where(teammember.TeamIDIn(rule.TeamIDs...)).Order(teammember.ByUserID()).All(ctx)
	if err != nil {
		return rule, nil, err
	}
	list := []routing.Candidate{}
	for _, t := range rule.TeamIDs {
		for _, m := range members {
			if m.TeamID == t {
				list = append(list, routing.Candidate{UserID: m.UserID, TeamID: t})
			}
		}
	}
	return rule, list, nil
}

// hold has one routing of an account go after the other, and keeps the
// candidates as they are: their capacity and their turn are decided on once, and
// who goes away meanwhile does so before or after (RT-6). SQLite has one writer.
func (r router) hold(ctx context.Context, accountID string, ids []string) error {
	if r.tx == nil || !r.tx.Postgres() {
		return nil
	}
	if _, err := r.tx.Exec(ctx, `INSERT INTO routing_turns (id, account_id, scope) VALUES ($1, $2, '')
		ON CONFLICT (account_id, scope) DO UPDATE SET turn = routing_turns.turn + 1`, id.New("turn"), accountID); err != nil {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	s := &statement{}
	s.WriteString("SELECT id FROM users WHERE account_id = " + s.arg(accountID) + " AND id IN (" + list(s, ids) + ") ORDER BY id FOR NO KEY UPDATE")
	_, err := r.tx.Exec(ctx, s.String(), s.args...)
	return err
}

// people reads users as candidates for a conversation.
func (r router) people(ctx context.Context, c *ent.Conversation, ids []string) (map[string]routing.Candidate, error) {
	people := make(map[string]routing.Candidate, len(ids))
	users, err := r.client.User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil || len(users) == 0 {
		return people, err
	}
	members, err := routing.Members(ctx, r.client, c.InboxID)
	if err != nil {
		return nil, err
	}
	counts, err := r.duties(ctx, c.AccountID, ids)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		people[u.ID] = routing.Candidate{
			UserID: u.ID, Seated: u.Seat != vocab.SeatNone, Member: members[u.ID], Available: u.Availability == vocab.Available,
			Deactivated: u.DeactivatedAt.IsSet(), Capacity: u.ChatCapacity, Chats: counts[u.ID].chats, Open: counts[u.ID].open,
		}
	}
	return people, nil
}

// duty is what a user has to do.
type duty struct{ chats, open int }

// duties counts what users have to do, in the whole account: what is open, and
// neither filtered nor snoozed (RT-2). It goes by the index of what is open.
func (r router) duties(ctx context.Context, accountID string, ids []string) (map[string]duty, error) {
	s := &statement{}
	s.WriteString(`SELECT assignee_id, SUM(CASE WHEN kind = 'CHAT' THEN 1 ELSE 0 END), COUNT(*) FROM conversations
		WHERE inbox_id IN (SELECT id FROM inboxes WHERE deleted_at = 0 AND account_id = ` + s.arg(accountID) + `)
		AND folder IN ('MAIN', 'BOT') AND kind IN ('CHAT', 'EMAIL') AND status = 'OPEN' AND snoozed_until = 0
		AND assignee_id IN (` + list(s, ids) + `) GROUP BY assignee_id`)
	rows, err := r.query(ctx, s.String(), s.args...)
	if err != nil {
		return nil, fmt.Errorf("count open conversations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]duty{}
	for rows.Next() {
		var userID string
		var n duty
		if err := rows.Scan(&userID, &n.chats, &n.open); err != nil {
			return nil, err
		}
		counts[userID] = n
	}
	return counts, rows.Err()
}
