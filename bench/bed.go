package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// bed is a served database, filled, with a copy of it for the floors.
type bed struct {
	program  *program
	database *database
	floors   *database
	server   *server
	client   *client
	facts
}

// facts are what requests and floors need to know of the data.
type facts struct {
	token         string // an agent's
	account       string
	number        int64 // the account's, in the search index
	user          string
	inbox         string // the agent's largest
	chats         []string
	conversations int
	messages      int64
}

// operation is what is measured: Parley's work, and floors to hold it against.
type operation struct {
	name   string
	budget budget
	parley work
	floors []floor
	// verify, where set, holds what the server kept against what it acknowledged.
	verify func(ctx context.Context) error
	close  func() error
}

// floor is what the database alone does for the same end.
type floor struct {
	name string
	work work
}

// makeBed fills a fresh database, copies it, and serves it.
func makeBed(ctx context.Context, p *program, kind string, conversations int) (*bed, error) {
	b := &bed{program: p, facts: facts{conversations: conversations}}
	if err := b.makeServer(ctx, kind); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bed) makeServer(ctx context.Context, kind string) (err error) {
	if b.database, err = makeDatabase(ctx, kind, b.program.dir); err != nil {
		return err
	}
	progress("loading %d conversations into %s", b.conversations, kind)
	if b.token, err = b.program.fillDatabase(ctx, b.database, b.conversations); err != nil {
		return err
	}
	if err := b.serve(ctx, 1); err != nil {
		return err
	}
	if err := b.loadAgent(ctx); err != nil {
		return fmt.Errorf("look at the demo data: %w", err)
	}
	if err := b.plantWords(ctx); err != nil {
		return fmt.Errorf("send messages with rare words: %w", err)
	}
	err, b.server = b.server.stop(), nil
	if err != nil {
		return err
	}
	if err := b.database.vacuumPostgres(ctx); err != nil {
		return err
	}
	b.floors, err = b.database.copy(ctx, b.program.dir)
	return err
}

// serve starts the server, with a client for so many callers.
func (b *bed) serve(ctx context.Context, callers int) (err error) {
	if b.server, err = b.program.serve(ctx, b.database); err != nil {
		return err
	}
	b.client = newClient(b.server.url, callers)
	return nil
}

func (b *bed) close() error {
	var problems []error
	if b.server != nil {
		problems = append(problems, b.server.stop())
	}
	for _, d := range []*database{b.database, b.floors} {
		if d != nil {
			problems = append(problems, d.drop())
		}
	}
	return errors.Join(problems...)
}

// loadAgent finds out who the agent is, and where they work.
func (b *bed) loadAgent(ctx context.Context) (err error) {
	var me struct {
		Viewer struct {
			Actor   struct{ ID string }
			Account struct{ ID string }
		}
		Inboxes struct{ Nodes []struct{ ID string } }
	}
	if err := b.client.queryAnswer(ctx, b.token, `{ viewer { actor { ... on User { id } } account { id } } inboxes(first: 100) { nodes { id } } }`, nil, &me); err != nil {
		return err
	}
	b.user, b.account = me.Viewer.Actor.ID, me.Viewer.Account.ID
	db, err := b.database.reader(1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, "SELECT number FROM accounts WHERE id = $1", b.account).Scan(&b.number); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM messages WHERE account_id = $1", b.account).Scan(&b.messages); err != nil {
		return err
	}
	most := 0
	for _, inbox := range me.Inboxes.Nodes {
		chats, err := texts(ctx, db, "SELECT id FROM conversations WHERE inbox_id = $1 AND folder = 'MAIN' AND kind = 'CHAT' AND status = 'OPEN' AND bot_state = 'NONE' ORDER BY id LIMIT 5000", inbox.ID)
		if err != nil {
			return err
		}
		var n int
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM conversations WHERE inbox_id = $1", inbox.ID).Scan(&n); err != nil {
			return err
		}
		if n > most {
			most, b.inbox, b.chats = n, inbox.ID, chats
		}
	}
	if len(b.chats) < 50 {
		return fmt.Errorf("the agent's largest inbox, %q of %d, has only %d open chats without a bot", b.inbox, len(me.Inboxes.Nodes), len(b.chats))
	}
	return nil
}

func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// measureAll serves the bed and measures operations of the given names.
func (b *bed) measureAll(ctx context.Context, l load, names []string, r *report) error {
	if durable, err := b.database.durable(ctx); err != nil {
		return err
	} else if !durable {
		r.addNote("this PostgreSQL server does not wait for the disk (fsync or synchronous_commit is off): its commits are not durable.")
	}
	r.Messages = append(r.Messages, b.messages)
	if err := b.serve(ctx, l.clients); err != nil {
		return err
	}
	made := map[string]func(context.Context, load) ([]*operation, error){"list": b.lists, "token": b.tokens, "search": b.searches, "send": b.sends}
	for _, name := range names {
		if name == "live" {
			if err := b.live(ctx, r); err != nil {
				return fmt.Errorf("live: %w", err)
			}
			continue
		}
		list, err := made[name](ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, o := range list {
			if err := errors.Join(b.measureOperation(ctx, l, o, r), o.close()); err != nil {
				return fmt.Errorf("%s: %w", o.name, err)
			}
		}
	}
	return nil
}

func (b *bed) measureOperation(ctx context.Context, l load, o *operation, r *report) error {
	progress("measuring %s with %d conversations", o.name, b.conversations)
	works := []work{o.parley}
	for _, f := range o.floors {
		works = append(works, f.work)
	}
	l.meter = b.server.used
	samples, err := l.alternate(ctx, works)
	if err != nil {
		return err
	}
	if o.verify != nil {
		if err := o.verify(ctx); err != nil {
			return err
		}
	}
	own := samples[0]
	for i, f := range o.floors {
		found := result{
			Operation: o.name, Conversations: b.conversations, Floor: f.name, FloorPerSecond: samples[i+1].perSecond(),
			PerSecond: own.perSecond(), P50: milliseconds(own.percentile(50)), P99: milliseconds(own.percentile(99)), CPU: milliseconds(own.cpuEach()),
		}
		if found.FloorPerSecond > 0 {
			found.Ratio = found.PerSecond / found.FloorPerSecond
		}
		r.addResult(found, o.budget)
	}
	return nil
}
