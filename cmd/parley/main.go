// Command parley runs Parley, a headless conversations inbox behind one GraphQL
// API. `parley --help` lists the commands, `parley serve --help` the settings.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are what parley can do.
type commands struct {
	Database databaseSettings `embed:""`

	Serve       serveCommand       `cmd:"" help:"Run the server. Requires no configuration: by default it stores its data in ./parley-data."`
	Demo        demoCommand        `cmd:"" help:"Fill the first account with realistic data."`
	Token       tokenCommand       `cmd:"" help:"Create, list, rotate and revoke API tokens."`
	User        userCommand        `cmd:"" help:"Invite a user of the first account."`
	Account     accountCommand     `cmd:"" help:"Set what the first account may have, such as how many inboxes."`
	Reactions   reactionsCommand   `cmd:"" help:"Show how far the consumers of the event log are behind, and what they could not handle; retry, skip and reset."`
	Verify      verifyCommand      `cmd:"" help:"Verify the seals of the event log and the audit log, and print anchors to keep elsewhere."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database's schema up to date, as serve does at its start."`
	Mcp         mcpCommand         `cmd:"" help:"Serve a running server's tools for language models over standard input and output, as the Model Context Protocol."`
	Listen      listenCommand      `cmd:"" help:"Forward the account's events to an address that the server cannot reach, as webhooks: to one's own machine."`
	Trigger     triggerCommand     `cmd:"" help:"Send a sample of an event to an address, as a webhook."`
	ChannelTest channelTestCommand `cmd:"" help:"Check the connector of a custom channel: duplicates, echoes, order, states, kills."`
	Schema      schemaCommand      `cmd:"" help:"Print the GraphQL schema."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	keepPrivate()
	var c commands
	parser, err := kong.New(&c, kong.Name("parley"),
		kong.Description("Parley is a headless conversations inbox: one GraphQL API for chat, e-mail and bots."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}))
	if err != nil {
		return fail(err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fail(named(parser, err))
	}
	if err := c.Database.check(); err != nil {
		return fail(err)
	}
	if err := parsed.Run(&c.Database); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "parley:", err)
	return 1
}

type versionCommand struct{}

// Run prints the version that the binary was built from.
func (versionCommand) Run() error {
	fmt.Println("parley", version())
	return nil
}

// version is what the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "(unknown)"
}
