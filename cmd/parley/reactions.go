package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"parley/internal/clock"
	"parley/internal/reaction"
)

// reactionsCommand looks after the consumers of the accounts' logs (package
// reaction). A server that runs notices within seconds.
type reactionsCommand struct {
	List   reactionsListCommand   `cmd:"" default:"1" help:"List the consumers, the events that they could not handle, and where they were stopped."`
	Retry  reactionsRetryCommand  `cmd:"" help:"Try a parked event again."`
	Skip   reactionsSkipCommand   `cmd:"" help:"Pass a parked event over and go on with what waits behind it."`
	Reset  reactionsResetCommand  `cmd:"" help:"Have a consumer go on from the log's end, after it has checked the account."`
	Forget reactionsForgetCommand `cmd:"" help:"Forget a consumer that this version no longer has."`
}

type reactionsListCommand struct{}

// Run prints three tables.
func (reactionsListCommand) Run(ctx context.Context, d *databaseSettings) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error { return listReactions(ctx, a, os.Stdout) })
}

func listReactions(ctx context.Context, a *app, out io.Writer) error {
	lags, err := a.reactions.Status(ctx)
	if err != nil {
		return err
	}
	parked, err := a.reactions.Parked(ctx)
	if err != nil {
		return err
	}
	stopped, err := a.reactions.Stopped(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	printLags(w, lags, a.store.Now())
	printParked(w, parked)
	printStopped(w, stopped)
	return w.Flush()
}

func printLags(w io.Writer, lags []reaction.Lag, now clock.Micros) {
	fmt.Fprintln(w, "CONSUMER\tLAG\tEVENTS\tACCOUNTS\tRETRYING\tPARKED\tSTOPPED")
	for _, l := range lags {
		lag := time.Duration(0)
		if l.Oldest.IsSet() {
			lag = now.Time().Sub(l.Oldest.Time()).Truncate(time.Second)
		}
		name := l.Consumer
		if !l.Registered {
			name += " (not in this version)"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", name, lag, l.Events, l.Accounts, l.Retrying, l.Parked, l.Stopped)
	}
}

func printParked(w io.Writer, parked []reaction.Parked) {
	if len(parked) == 0 {
		return
	}
	fmt.Fprintln(w, "\nPARKED\tCONSUMER\tACCOUNT\tCONVERSATION\tSEQUENCE\tTYPE\tTRIES\tNEXT TRY\tERROR")
	for _, p := range parked {
		next, conversation := p.NextAt.String(), p.ConversationID
		if p.NextAt == clock.Never {
			next = "on retry"
		}
		if conversation == "" {
			conversation = "-"
		}
		reason, _, _ := strings.Cut(p.Error, "\n")
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\n", p.ID, p.Consumer, p.AccountID, conversation, p.Sequence, p.Type, p.Attempts, next, reason)
	}
}

func printStopped(w io.Writer, stopped []reaction.Stop) {
	if len(stopped) == 0 {
		return
	}
	fmt.Fprintln(w, "\nSTOPPED\tACCOUNT\tSINCE\tHANDLED UP TO")
	for _, s := range stopped {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", s.Consumer, s.AccountID, s.StoppedAt, s.Mark)
	}
}

type reactionsRetryCommand struct {
	ID string `arg:"" help:"The parked event's id, as list shows it."`
}

// Run has the event tried again.
func (c *reactionsRetryCommand) Run(ctx context.Context, d *databaseSettings) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error { return a.reactions.Retry(ctx, c.ID) })
}

type reactionsSkipCommand struct {
	ID string `arg:"" help:"The parked event's id, as list shows it."`
}

// Run passes the event over.
func (c *reactionsSkipCommand) Run(ctx context.Context, d *databaseSettings) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error { return a.reactions.Skip(ctx, c.ID) })
}

type reactionsResetCommand struct {
	Consumer string `arg:"" help:"The consumer's name, as list shows it."`
	Account  string `placeholder:"ID" help:"In this account. Left out: wherever it was stopped."`
}

// Run resets the consumer and prints in how many accounts.
func (c *reactionsResetCommand) Run(ctx context.Context, d *databaseSettings) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error {
		n, err := a.reactions.Reset(ctx, c.Consumer, c.Account)
		if err == nil {
			fmt.Printf("Accounts reset: %d\n", n)
		}
		return err
	})
}

type reactionsForgetCommand struct {
	Consumer string `arg:"" help:"The consumer's name, as list shows it."`
}

// Run forgets the consumer.
func (c *reactionsForgetCommand) Run(ctx context.Context, d *databaseSettings) error {
	return withApp(ctx, d, func(ctx context.Context, a *app) error { return a.reactions.Forget(ctx, c.Consumer) })
}
