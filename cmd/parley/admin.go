package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"parley/ent"
	"parley/graph"
	"parley/graph/clientcache"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/demo"
	"parley/internal/inbox"
	"parley/internal/paging"
	"parley/internal/viewer"
)

// withApp runs work on the composed use cases, without a server: the settings of
// serve have no say.
func withApp(ctx context.Context, d *databaseSettings, work func(ctx context.Context, a *app) error) (err error) {
	log := d.log()
	opened, err := d.openStorage(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.close()) }()
	a, err := compose(opened, &serverSettings{}, log)
	if err != nil {
		return err
	}
	return work(ctx, a)
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

type schemaCommand struct {
	PossibleTypes  bool   `xor:"what" help:"Print the possibleTypes of Apollo Client's cache instead, as JSON."`
	TypePolicies   bool   `xor:"what" help:"Print the typePolicies of Apollo Client 4's cache instead, as an ES module."`
	Federation     string `env:"PARLEY_FEDERATION" default:"off" enum:"on,off" help:"Print what a gateway of Apollo Federation composes, with what only it uses: ${enum}."`
	Events         bool   `xor:"what" help:"Print the types of events instead, as the page docs/events.md."`
	Documents      bool   `xor:"what" help:"Print the trusted documents instead, by their SHA-256, as JSON: those of the chat widget, the demo page and the list."`
	TrustedList    string `env:"PARLEY_TRUSTED_DOCUMENTS" name:"trusted-documents" placeholder:"FILE" help:"The list of trusted documents that --documents adds its own to."`
	GraphcacheKeys bool   `xor:"what" help:"Print the keys and the schema for urql's graphcache instead, as an ES module."`
}

// Run prints the SDL, or what a client's cache has to know of it.
func (c *schemaCommand) Run() error {
	switch {
	case c.PossibleTypes:
		fmt.Print(clientcache.PossibleTypes(graph.PublicSchema()))
	case c.Documents:
		documents, err := trustedDocuments(c.TrustedList)
		if err != nil {
			return err
		}
		list := json.NewEncoder(os.Stdout)
		list.SetEscapeHTML(false)
		list.SetIndent("", "  ")
		return list.Encode(documents)
	case c.Events:
		fmt.Print(graph.EventsPage())
	case c.TypePolicies:
		fmt.Print(clientcache.TypePolicies(graph.PublicSchema()))
	case c.GraphcacheKeys:
		fmt.Print(clientcache.GraphcacheKeys(graph.PublicSchema()))
	default:
		fmt.Print(graph.SDL((&serverSettings{Federation: c.Federation}).features()...))
	}
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
		fmt.Printf("Created %d conversations.\n\n  Admin token  %s\n  Agent token  %s\n\nThe tokens are shown only once.\n", c.Conversations, result.AdminToken, result.AgentToken)
		return nil
	})
}

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" default:"withargs" help:"Create a token and print it; it is shown only once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens, never their secrets."`
	Rotate tokenRotateCommand `cmd:"" help:"Give a token a new secret and print it; it is shown only once."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token: it stops working at once."`
}

type tokenCreateCommand struct {
	Name        string        `default:"Command line" help:"What the token is for."`
	Scopes      []string      `default:"*" help:"What it may do, e.g. conversations:read; * is everything."`
	Expires     time.Duration `help:"How long it is valid, e.g. 720h. Default: forever."`
	Integration bool          `xor:"whose" help:"Create an integration with that name and a token for it, not for the first admin."`
	User        string        `xor:"whose" placeholder:"EMAIL" help:"Create a personal token of the user with that address, not of the first admin."`
	Inbox       []string      `help:"Ids of the inboxes that an integration may see."`
}

// Run makes a token for the first admin, for another user or for an integration.
func (c *tokenCreateCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		in := account.CreateApiTokenInput{Name: c.Name, Scopes: c.Scopes, InboxIDs: c.Inbox}
		if !c.Integration {
			me := viewer.FromContext(ctx).ActorID
			in.UserID = &me
		}
		if c.User != "" {
			u, err := a.accounts.UserByEmail(ctx, c.User)
			if err != nil {
				return err
			}
			in.UserID = &u.ID
		}
		if c.Expires > 0 {
			at := a.store.Now().Add(c.Expires)
			in.ExpiresAt = &at
		}
		made, err := a.accounts.CreateToken(byCommand(ctx), in)
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
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSCOPES\tEXPIRES\tREVOKED")
		err := paging.Walk(func(args paging.PageArgs) (*paging.Connection[*ent.ApiToken], error) {
			return a.accounts.Tokens(ctx, args)
		}, func(t *ent.ApiToken) {
			fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\n", t.ID, t.Name, t.Scopes, t.ExpiresAt, t.RevokedAt)
		})
		if err != nil {
			return err
		}
		return w.Flush()
	})
}

type tokenRotateCommand struct {
	ID      string        `arg:"" help:"The token's id, as list shows it."`
	Overlap time.Duration `help:"How long the old secret still works, at most 24h. Default: it ends at once."`
}

// Run gives a token a new secret and prints it.
func (c *tokenRotateCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		overlap := int(c.Overlap.Seconds())
		made, err := a.accounts.RotateToken(byCommand(ctx), account.RotateApiTokenInput{APITokenID: c.ID, OverlapSeconds: &overlap})
		if err != nil {
			return err
		}
		fmt.Println(made.Text)
		return nil
	})
}

type tokenRevokeCommand struct {
	ID string `arg:"" help:"The token's id, as list shows it."`
}

// Run revokes a token.
func (c *tokenRevokeCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		_, err := a.accounts.RevokeToken(byCommand(ctx), account.RevokeApiTokenInput{APITokenID: c.ID})
		return err
	})
}

type userCommand struct {
	Invite userInviteCommand `cmd:"" help:"Print a link with which a user signs in; it works once, within seven days."`
}

type userInviteCommand struct {
	Email     string `arg:"" help:"The user's e-mail address."`
	PublicURL string `env:"PARLEY_PUBLIC_URL" name:"public-url" default:"http://127.0.0.1:8080" placeholder:"URL" help:"The server's address, with which the link begins."`
	EndTokens bool   `help:"Revoke the user's earlier tokens when they accept."`
}

// Run prints the link of an invitation.
func (c *userInviteCommand) Run(ctx context.Context, d *databaseSettings) error {
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		a.accounts.UseInviting(account.Inviting{PublicURL: strings.TrimRight(c.PublicURL, "/")})
		u, err := a.accounts.UserByEmail(ctx, c.Email)
		if err != nil {
			return err
		}
		made, err := a.accounts.InviteUser(byCommand(ctx), account.InviteUserInput{UserID: u.ID, EndTokens: &c.EndTokens})
		if err != nil {
			return err
		}
		fmt.Println(made.Link)
		return nil
	})
}

// byCommand is the context of what is recorded as done at the command line: no admin did
// it, but whoever may run commands on the data folder (AC-13, AC-17).
func byCommand(ctx context.Context) context.Context {
	return viewer.NewContext(ctx, viewer.System("command line", viewer.FromContext(ctx).AccountID))
}

// asFirstAdmin runs work in the name of the first admin: who may run commands
// on the data folder may do all that they may.
func asFirstAdmin(ctx context.Context, d *databaseSettings, work func(ctx context.Context, a *app) error) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error {
		if _, err := a.chats.Bootstrap(ctx, ""); err != nil {
			return err
		}
		admin, err := a.accounts.FirstAdmin(ctx)
		if err != nil {
			return err
		}
		v, err := a.accounts.ViewerOf(ctx, admin.AccountID, admin.ID, "")
		if err != nil {
			return err
		}
		v.Scopes = []string{"*"}
		return work(viewer.NewContext(ctx, v), a)
	})
}
