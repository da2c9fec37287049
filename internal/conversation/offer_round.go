package conversation

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entvisitor "parley/ent/visitor"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

// connectedFor is how long after they were last seen a visitor counts as connected:
// two minutes after they left (RT-4), and it is noted once a minute that they are there.
const connectedFor = 3 * time.Minute

// isConnected reports whether the conversation's visitor is connected, or was within
// two minutes.
func isConnected(ctx context.Context, client *ent.Client, c *ent.Conversation, now clock.Micros) (bool, error) {
	if c.VisitorID == "" {
		return false, nil
	}
	return client.Visitor.Query().Where(entvisitor.ID(c.VisitorID), entvisitor.LastSeenAtGTE(now.Add(-connectedFor))).Exist(ctx)
}

// place is where a conversation stands among those who wait.
type place struct {
	since clock.Micros
	id    string
}

// waiting is a conversation that waits to be offered.
type waiting struct {
	place
	source        string
	version       int
	lastMessageAt clock.Micros
}

// age is how long it waits: since the contact's message, or if they do not wait for an
// answer since the last one.
func (w waiting) age(now clock.Micros) time.Duration {
	since := w.since
	if since == clock.Never {
		since = w.lastMessageAt
	}
	return now.Time().Sub(since.Time())
}

// queue is which of an account's conversations that wait are read, the longest waiting
// first.
type queue struct {
	accountID string
	// connected: those whose visitor was seen since then; otherwise all others.
	connected bool
	seenSince clock.Micros
	after     place
	limit     int
	// source narrows it to those of a source who wait since before another; "": all.
	source string
	before clock.Micros
}

// readPage reads the queue's next conversations.
func (q queue) readPage(ctx context.Context, query func(context.Context, string, ...any) (entsql.ColumnScanner, error)) ([]waiting, error) {
	s := &store.Statement{}
	s.WriteString(`SELECT c.id, c.waiting_since, c.routing_source, c.targeted_message_version, c.last_message_at FROM conversations c
		WHERE c.awaits_offer AND c.inbox_id IN (SELECT id FROM inboxes WHERE deleted_at = 0 AND account_id = ` + s.Arg(q.accountID) + `)
		AND c.status = 'OPEN' AND c.folder = 'MAIN'`)
	if !q.connected {
		s.WriteString(" AND NOT")
	} else {
		s.WriteString(" AND")
	}
	s.WriteString(" EXISTS (SELECT 1 FROM visitors v WHERE v.id = c.visitor_id AND v.last_seen_at >= " + s.Arg(int64(q.seenSince)) + ")")
	since, id := s.Arg(int64(q.after.since)), s.Arg(q.after.id)
	s.WriteString(" AND (c.waiting_since > " + since + " OR c.waiting_since = " + since + " AND c.id > " + id + ")")
	if q.source != "" {
		s.WriteString(" AND c.routing_source = " + s.Arg(q.source) + " AND c.waiting_since < " + s.Arg(int64(q.before)))
	}
	s.WriteString(" ORDER BY c.waiting_since, c.id LIMIT " + s.Arg(q.limit))
	rows, err := query(ctx, s.String(), s.Args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found []waiting
	for rows.Next() {
		var w waiting
		if err := rows.Scan(&w.id, &w.since, &w.source, &w.version, &w.lastMessageAt); err != nil {
			return nil, err
		}
		found = append(found, w)
	}
	return found, rows.Err()
}

// rulesOf returns the rules of a source, read once.
func (o *offering) rulesOf(ctx context.Context, w waiting) (vocab.Routing, error) {
	key := turn{source: w.source, version: w.version}
	if known, ok := o.rules[key]; ok {
		return known, nil
	}
	rules, err := o.router.RulesOf(ctx, &ent.Conversation{RoutingSource: w.source, TargetedMessageVersion: w.version})
	if err == nil {
		o.rules[key] = rules
	}
	return rules, err
}

// wouldBeTaken asks without keeping anyone waiting.
func (o *offering) wouldBeTaken(ctx context.Context, w waiting, connected bool) (bool, error) {
	rules, err := o.rulesOf(ctx, w)
	if err != nil || len(rules.Rules) == 0 || rules.NotOffered {
		return false, err
	}
	if !connected && w.age(o.router.Now) > time.Duration(rules.MaxAge())*time.Second {
		return false, nil
	}
	if len(rules.Rules) == 1 && o.idle[turn{w.source, w.version, 1}] {
		return false, nil
	}
	c, err := view.Find(ctx, o.router.Client.Conversation.Query(), w.id)
	if err != nil {
		return false, ignorePurged(err)
	}
	number, rule, err := o.pick(ctx, c, rules)
	at := turn{w.source, w.version, number}
	if err != nil || rule.Target == vocab.RouteUnassigned || o.idle[at] {
		return false, err
	}
	of := routing.Case{}
	if !connected {
		of.OfferPerMinute = rules.PerMinute()
	}
	d, err := o.router.Choose(ctx, c, number, rule, of)
	if err != nil {
		return false, err
	}
	o.idle[at] = d.AssigneeID == "" && rule.Target != vocab.RouteContactOwner
	return d.AssigneeID != "", nil
}

// pick returns the rule that decides about a conversation, and its number.
func (o *offering) pick(ctx context.Context, c *ent.Conversation, rules vocab.Routing) (int, vocab.RoutingRule, error) {
	facts, err := o.router.ReadFacts(ctx, c, rules)
	if err != nil {
		return 0, vocab.RoutingRule{}, err
	}
	number, rule := routing.Pick(rules, facts)
	return number, rule, nil
}
