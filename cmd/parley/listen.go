package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"parley/graph"
	"parley/internal/clock"
	"parley/internal/webhook"
	"parley/internal/webhook/forward"
)

// forwardSettings are where webhooks go from the command line (DX-4).
type forwardSettings struct {
	Forward string `required:"" placeholder:"URL" help:"Where webhooks are sent, such as http://localhost:3000/hooks."`
	Secret  string `env:"PARLEY_WEBHOOK_SECRET" placeholder:"whsec_..." help:"What signs them. Left out: a new one, which is printed. Give it in the environment, since others may see arguments."`
}

// check checks the address, and makes a secret if there is none.
func (s *forwardSettings) check() error {
	to, err := url.Parse(s.Forward)
	if err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return fmt.Errorf("--forward %q: want an address such as http://localhost:3000/hooks", s.Forward)
	}
	if s.Secret != "" {
		return webhook.CheckSecret(s.Secret)
	}
	s.Secret = webhook.NewSecret()
	fmt.Printf("The secret is %s: give it to what verifies, and keep it with PARLEY_WEBHOOK_SECRET.\n", s.Secret)
	return nil
}

type listenCommand struct {
	forwardSettings `embed:""`
	URL             string   `name:"url" env:"PARLEY_URL" default:"http://localhost:8080" help:"Where the server is."`
	Token           string   `env:"PARLEY_TOKEN" required:"" help:"An API token of the server, with the scope read. Give it in the environment, since others may see arguments."`
	Types           []string `placeholder:"TYPE" help:"Only events of these types, such as message.created or MESSAGE_CREATED."`
	Inbox           []string `placeholder:"ID" help:"Only events of these inboxes."`
	After           *int64   `placeholder:"N" help:"Begin after this position of the log. Left out: with what happens from now on."`
}

// Run forwards events until it is interrupted.
func (c *listenCommand) Run(ctx context.Context) error {
	if !isOrigin(c.URL) {
		return fmt.Errorf("PARLEY_URL %q: want a scheme and a host, as in \"https://parley.example.com\"", c.URL)
	}
	if c.After != nil && *c.After < 0 {
		return fmt.Errorf("--after %d: want a position of the log, 0 or more", *c.After)
	}
	types := make([]string, len(c.Types))
	for i, given := range c.Types {
		sample, err := sampleOf(given)
		if err != nil {
			return fmt.Errorf("--types: %w", err)
		}
		types[i] = sample.Type
	}
	if err := c.check(); err != nil {
		return err
	}
	position, err := forward.Run(ctx, forward.Options{
		URL: strings.TrimSuffix(c.URL, "/"), Token: c.Token, Forward: c.Forward, Secret: c.Secret, Types: types, InboxIDs: c.Inbox, After: c.After, Clock: clock.System{}, Out: os.Stdout,
	})
	if position > 0 {
		fmt.Printf("To go on from here: --after %d\n", position)
	}
	return err
}

type triggerCommand struct {
	Type            string `arg:"" help:"The event's type, such as message.created; docs/events.md has all."`
	forwardSettings `embed:""`
}

// errNotTaken is what the command ends with if the receiver did not take the sample.
var errNotTaken = errors.New("the sample was not answered with a status from 200 to 299")

// Run sends a sample of an event.
func (c *triggerCommand) Run(ctx context.Context) error {
	sample, err := sampleOf(c.Type)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	body, err := sample.Body()
	if err != nil {
		return err
	}
	outcome, err := forward.Send(ctx, forward.Options{Forward: c.Forward, Secret: c.Secret, Clock: clock.System{}}, sample.ID, body)
	fmt.Println(sample.Type, outcome)
	if err != nil {
		return errNotTaken
	}
	return nil
}

// sampleOf is the sample of docs/events.md of a type, in the spelling of the API or with a
// dot, as an event of its own.
func sampleOf(given string) (*webhook.Logged, error) {
	text := graph.EventSample(strings.ToUpper(strings.ReplaceAll(given, ".", "_")))
	if text == "" {
		return nil, fmt.Errorf("there is no event type %q: docs/events.md has all, such as message.created", given)
	}
	return webhook.UnmarshalLogged([]byte(text))
}
