package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"parley/graph"
	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/inbox"
	"parley/internal/people"
	"parley/internal/viewer"
)

// withApp runs work on the wired use cases, without a server.
func withApp(ctx context.Context, d *databaseSettings, work func(ctx context.Context, a *app) error) error {
	log := d.log()
	if err := d.makeDataDir(); err != nil {
		return err
	}
	keys, err := d.keys()
	if err != nil {
		return err
	}
	s, err := d.open(ctx, log)
	if err != nil {
		return err
	}
	err = work(ctx, wire(s, keys, "", log))
	if closed := s.Close(); err == nil {
		err = closed
	}
	return err
}

type migrateCommand struct{}

// Run opens the database, which migrates it.
func (migrateCommand) Run(ctx context.Context, d *databaseSettings) error {
	s, err := d.open(ctx, d.log())
	if err != nil {
		return err
	}
	fmt.Println("The database's schema is up to date.")
	return s.Close()
}

type schemaCommand struct{}

// Run prints the SDL.
func (schemaCommand) Run() error {
	fmt.Print(graph.SDL())
	return nil
}

type demoCommand struct {
	Conversations int    `default:"2000" help:"How many conversations, 1 to 5,000,000."`
	Seed          uint64 `default:"1" help:"The same seed makes the same data."`
}

// Run fills the first account with data.
func (c *demoCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		shown := time.Duration(-1)
		started := clock.System{}.Now()
		result, err := demo.Fill(ctx, a.store, demo.Options{Conversations: c.Conversations, Seed: c.Seed, Progress: func(done, total int) {
			if elapsed := (clock.System{}).Now().Sub(started).Truncate(time.Second); elapsed != shown {
				shown = elapsed
				fmt.Fprintf(os.Stderr, "%d of %d conversations\n", done, total)
			}
		}})
		if err != nil {
			return err
		}
		for _, inboxID := range result.InboxIDs { // so that the token of the first start sees them too (AC-3)
			in := inbox.UpdateInboxMembersInput{InboxID: inboxID, AddUserIDs: []string{viewer.FromContext(ctx).ActorID}}
			if _, err := a.inboxes.UpdateMembers(ctx, in); err != nil {
				return err
			}
		}
		fmt.Printf("Made %d conversations.\n\n  Admin token  %s\n  Agent token  %s\n\nThe tokens are shown this once.\n", c.Conversations, result.AdminToken, result.AgentToken)
		return nil
	})
}

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" default:"withargs" help:"Make a token and print it, this once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens, never their secrets."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token: it ends at once."`
}

type tokenCreateCommand struct {
	Name        string        `default:"Command line" help:"What the token is for."`
	Scopes      []string      `default:"*" help:"What it may do, e.g. conversations:read; * is everything."`
	Expires     time.Duration `help:"How long it holds, e.g. 720h. Left out: for ever."`
	Integration bool          `help:"Make an integration of that name and a token for it, not for the first admin."`
	Inbox       []string      `help:"Ids of the inboxes that an integration may see."`
}

// Run makes a token for the first admin or for an integration.
func (c *tokenCreateCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		in := people.CreateApiTokenInput{Name: c.Name, Scopes: c.Scopes, InboxIDs: c.Inbox}
		if !c.Integration {
			me := viewer.FromContext(ctx).ActorID
			in.UserID = &me
		}
		if c.Expires > 0 {
			at := a.store.Now().Add(c.Expires)
			in.ExpiresAt = &at
		}
		made, err := a.people.CreateToken(ctx, in)
		if err != nil {
			return err
		}
		fmt.Println(made.Text)
		return nil
	})
}

type tokenListCommand struct{}

// Run prints a line for each token.
func (tokenListCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		tokens, err := a.people.Tokens(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSCOPES\tEXPIRES\tREVOKED")
		for _, t := range tokens {
			fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\n", t.ID, t.Name, t.Scopes, t.ExpiresAt, t.RevokedAt)
		}
		return w.Flush()
	})
}

type tokenRevokeCommand struct {
	ID string `arg:"" help:"The token's id, as list shows it."`
}

// Run revokes a token.
func (c *tokenRevokeCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		_, err := a.people.RevokeToken(ctx, people.RevokeApiTokenInput{TokenID: c.ID})
		return err
	})
}

// asFirstAdmin runs work in the name of the first admin: who may run commands
// on the data folder may do all that they may.
func asFirstAdmin(ctx context.Context, d *databaseSettings, work func(ctx context.Context, a *app) error) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error {
		if _, err := a.inboxes.Bootstrap(ctx, ""); err != nil {
			return err
		}
		admin, err := a.people.FirstAdmin(ctx)
		if err != nil {
			return err
		}
		v, err := a.people.ViewerOf(ctx, admin.AccountID, admin.ID)
		if err != nil {
			return err
		}
		v.Scopes = []string{"*"}
		return work(viewer.NewContext(ctx, v), a)
	})
}
