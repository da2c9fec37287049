package main

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"parley/internal/mcp"
)

type mcpCommand struct {
	URL   string `name:"url" env:"PARLEY_URL" default:"http://localhost:8080" help:"Where the server is."`
	Token string `env:"PARLEY_TOKEN" required:"" help:"An API token of the server: what it grants is what a model may do. Give it in the environment, since others may see arguments."`
}

// Run serves one client, as which it was started, until that one leaves.
func (c *mcpCommand) Run(ctx context.Context) error {
	if !isOrigin(c.URL) {
		return fmt.Errorf("PARLEY_URL %q: want a scheme and a host, as in \"https://parley.example.com\"", c.URL)
	}
	return mcp.ServeStdio(ctx, strings.TrimSuffix(c.URL, "/")+"/mcp", c.Token, version(), &sdk.StdioTransport{})
}
