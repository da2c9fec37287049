package main

import (
	"fmt"
	"net/url"
	"time"

	"parley/internal/slack"
)

// slackSettings are the operator's Slack app.
type slackSettings struct {
	SlackClientID      string   `env:"PARLEY_SLACK_CLIENT_ID" placeholder:"ID" help:"Client ID of the operator's Slack app, which accounts install in their workspaces; docs/slack.md says how to make it. Empty: Slack cannot be connected."`
	SlackClientSecret  string   `env:"PARLEY_SLACK_CLIENT_SECRET" placeholder:"SECRET" help:"Its client secret."`
	SlackSigningSecret string   `env:"PARLEY_SLACK_SIGNING_SECRET" placeholder:"SECRET" help:"Its signing secret, by which requests are known to be Slack's."`
	SlackURL           string   `env:"PARLEY_SLACK_URL" placeholder:"URL" help:"Where to call the methods of Slack's Web API instead of https://slack.com/api/, such as a server for tests."`
	SlackNetworks      []string `env:"PARLEY_SLACK_NETWORKS" placeholder:"NETWORK" help:"Private networks that may contain the server of PARLEY_SLACK_URL, separated by commas. Empty: none."`

	// slackPace is the time between two posts to a channel, and slackSweep that between two looks for
	// what no one reported; zero: as usual.
	slackPace, slackSweep time.Duration
}

func (s *slackSettings) check() (problems []error) {
	given := 0
	for _, value := range []string{s.SlackClientID, s.SlackClientSecret, s.SlackSigningSecret} {
		if value != "" {
			given++
		}
	}
	if given != 0 && given != 3 {
		problems = append(problems, wrong("PARLEY_SLACK_CLIENT_ID, PARLEY_SLACK_CLIENT_SECRET and PARLEY_SLACK_SIGNING_SECRET", "are not all set", "all three, from the page Basic Information of the Slack app, or none"))
	}
	if s.SlackURL != "" && !isPage(s.SlackURL) {
		problems = append(problems, wrong("PARLEY_SLACK_URL", fmt.Sprintf("is %q", s.SlackURL), "the address before the methods' names, such as https://slack.com/api/"))
	}
	if _, err := networks(s.SlackNetworks); err != nil {
		problems = append(problems, fmt.Errorf("PARLEY_SLACK_NETWORKS: %w", err))
	}
	return problems
}

// slackOptions are what the settings say of Slack.
func (s *serverSettings) slackOptions() (slack.Options, error) {
	allowed, err := networks(s.SlackNetworks)
	if err != nil {
		return slack.Options{}, fmt.Errorf("PARLEY_SLACK_NETWORKS: %w", err)
	}
	return slack.Options{
		ClientID: s.SlackClientID, ClientSecret: s.SlackClientSecret, SigningSecret: s.SlackSigningSecret, APIURL: s.SlackURL, PublicURL: s.PublicURL,
		ConversationURL: s.ConversationURL, Trusts: func(u *url.URL) bool { return s.trusts(u) }, Networks: allowed, MaxBytes: s.MaxFileBytes, Pace: s.slackPace, Sweep: s.slackSweep,
	}, nil
}
