package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// smallScale is how many conversations the small end of -scale has.
const smallScale = 10_000

// operations are what can be measured, in the order in which it is: sending
// comes late, since it makes the data grow.
var operations = []string{"list", "token", "search", "send", "live", "start"}

// settings are the flags.
type settings struct {
	conversations int
	database      string
	binary        string
	operations    []string
	load          load
	scale         bool
	json          bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	if len(os.Args) == 2 && os.Args[1] == floorCommand {
		fmt.Fprintln(os.Stderr, serveFloor())
		os.Exit(1)
	}
	s, err := parseFlags(os.Args[1:])
	if err == nil {
		err = run(ctx, s)
	}
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFlags(args []string) (settings, error) {
	var s settings
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.conversations, "conversations", 20_000, "how many `conversations` to load; the budgets are for 200000")
	flags.StringVar(&s.database, "database", "sqlite", "`sqlite`, or postgres: a fresh database on the server that "+postgresVariable+" names")
	flags.StringVar(&s.binary, "binary", "", "measure this `file`; left out: what the module builds")
	flags.StringVar(&only, "operations", strings.Join(operations, ","), "`names` of what to measure, commas between")
	flags.IntVar(&s.load.clients, "clients", 8, "how many `callers` work at once")
	flags.DurationVar(&s.load.duration, "duration", 5*time.Second, "how `long` each floor, and Parley, is measured")
	flags.IntVar(&s.load.rounds, "rounds", 2, "into how many `turns` that time is cut; floor and Parley take turns")
	flags.BoolVar(&s.scale, "scale", false, fmt.Sprintf("only list, with %d conversations and with -conversations, and compare", smallScale))
	flags.BoolVar(&s.json, "json", false, "print JSON instead of a table")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.operations = strings.Split(only, ",")
	for _, name := range s.operations {
		if !slices.Contains(operations, name) {
			return s, fmt.Errorf("-operations: there is no %q, only %s", name, strings.Join(operations, ", "))
		}
	}
	if s.database != "sqlite" && s.database != "postgres" {
		return s, fmt.Errorf("-database is %q; right would be sqlite or postgres", s.database)
	}
	if s.load.clients < 1 || s.load.rounds < 1 || s.load.duration <= 0 || s.conversations < 1000 {
		return s, errors.New("-clients, -rounds and -duration must be positive, -conversations 1000 or more")
	}
	return s, nil
}

func run(ctx context.Context, s settings) (err error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &program{dir: dir, binary: s.binary}
	if p.binary == "" {
		if err := p.build(ctx); err != nil {
			return err
		}
	}
	r := report{Database: s.database, Clients: s.load.clients, Seconds: s.load.duration.Seconds()}
	if s.scale {
		err = scale(ctx, p, s, &r)
	} else {
		err = full(ctx, p, s, &r)
	}
	if err != nil {
		return err
	}
	if s.json {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	r.print(os.Stdout)
	return nil
}

// full measures all operations that were asked for.
func full(ctx context.Context, p *program, s settings, r *report) error {
	if served := slices.DeleteFunc(slices.Clone(s.operations), func(name string) bool { return name == "start" }); len(served) > 0 {
		b, err := makeBed(ctx, p, s.database, s.conversations)
		if err != nil {
			return err
		}
		err = b.measureAll(ctx, s.load, served, r)
		if err := errors.Join(err, b.close()); err != nil {
			return err
		}
	}
	if slices.Contains(s.operations, "start") {
		return measureStart(ctx, p, s.database, r)
	}
	return nil
}

// scale measures list at two sizes. The quotient reports what growth costs.
func scale(ctx context.Context, p *program, s settings, r *report) error {
	for _, size := range []int{smallScale, s.conversations} {
		b, err := makeBed(ctx, p, s.database, size)
		if err != nil {
			return err
		}
		err = b.measureAll(ctx, s.load, []string{"list"}, r)
		if err := errors.Join(err, b.close()); err != nil {
			return err
		}
	}
	r.compare(smallScale, s.conversations)
	return nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
