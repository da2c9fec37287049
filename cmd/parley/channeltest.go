package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/internal/channeltest"
	"parley/internal/clock"
)

// channelTestCommand checks the connector of a custom channel (CC-5).
type channelTestCommand struct {
	Connector string        `required:"" placeholder:"COMMAND" help:"The command that runs the connector, its words separated by spaces. It gets PARLEY_URL, PARLEY_TOKEN, PARLEY_CHANNEL, STATE (a file that it may keep) and what its medium needs as environment variables."`
	Medium    string        `required:"" placeholder:"NAME|URL" help:"telegram or cloud (like WhatsApp's), or the address of a double of another medium, which speaks the control protocol of docs/custom-channels.md."`
	URL       string        `name:"url" env:"PARLEY_URL" help:"The Parley server to test with. Left out: one of the test's own, on an empty SQLite database."`
	Token     string        `env:"PARLEY_TOKEN" help:"With --url: an API token of an admin with all scopes. Give it in the environment, since others may see arguments."`
	Kills     int           `default:"20" help:"How often the connector is killed while messages go both ways."`
	Every     time.Duration `default:"1500ms" help:"How long it lives at most between two kills; each tenth time five times as long."`
	Only      []string      `placeholder:"CHECK" help:"Only these checks; see what it prints."`
	Patience  time.Duration `default:"30s" help:"How long a check waits for what has to happen."`
	Seed      uint64        `default:"1" help:"The same seed makes the same chances."`
	Verbose   bool          `help:"Show what the connector and the server write."`
}

// errNotConforming is what the command ends with if a check failed.
var errNotConforming = errors.New("the connector does not pass")

// Run runs the checks, and prints a line for each.
func (c *channelTestCommand) Run(ctx context.Context) (err error) {
	switch {
	case c.URL != "" && !isOrigin(c.URL):
		return fmt.Errorf("PARLEY_URL %q: want a scheme and a host, as in \"https://parley.example.com\"", c.URL)
	case c.URL != "" && c.Token == "":
		return errors.New("PARLEY_TOKEN: want an API token of an admin of the server")
	case c.Kills < 0:
		return fmt.Errorf("--kills %d: want 0 or more", c.Kills)
	case c.Every < time.Millisecond, c.Patience < time.Second:
		return errors.New("--every is at least 1ms, and --patience 1s")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "parley-channel-test-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return err
	}
	log := io.Discard
	if c.Verbose {
		log = os.Stderr
	}
	results, err := channeltest.Run(ctx, channeltest.Options{
		Connector: c.Connector, Medium: c.Medium, URL: c.URL, Token: c.Token, Server: []string{self, "serve"}, Folder: folder, Kills: c.Kills, Every: c.Every,
		Only: c.Only, Patience: c.Patience, Seed: c.Seed, Clock: clock.System{}, Out: os.Stdout, Log: log,
	})
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Outcome == channeltest.Failed {
			return errNotConforming
		}
	}
	return nil
}
