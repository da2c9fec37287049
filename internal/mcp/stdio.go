package mcp

import (
	"context"
	"fmt"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// ServeStdio serves on a transport what a server offers at an address to a token, until ctx
// ends or the client leaves. Rights, rates and the log are that server's.
func ServeStdio(ctx context.Context, address, token, version string, transport mcp.Transport) error {
	client := mcp.NewClient(&mcp.Implementation{Name: "parley", Version: version}, nil)
	remote, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: address, DisableStandaloneSSE: true, HTTPClient: &http.Client{Transport: bearer{token}},
	}, nil)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", address, err)
	}
	defer func() { _ = remote.Close() }()
	options := &mcp.ServerOptions{Capabilities: &mcp.ServerCapabilities{}}
	if known := remote.InitializeResult(); known != nil {
		options.Instructions = known.Instructions
	}
	server := mcp.NewServer(&mcp.Implementation{Name: "parley", Title: "Parley", Version: version}, options)
	for offered, err := range remote.Tools(ctx, nil) {
		if err != nil {
			return fmt.Errorf("list the tools of %s: %w", address, err)
		}
		server.AddTool(offered, func(ctx context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return remote.CallTool(ctx, &mcp.CallToolParams{Name: r.Params.Name, Arguments: r.Params.Arguments})
		})
	}
	for template, err := range remote.ResourceTemplates(ctx, nil) {
		if err != nil {
			return fmt.Errorf("list the resources of %s: %w", address, err)
		}
		server.AddResourceTemplate(template, func(ctx context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return remote.ReadResource(ctx, &mcp.ReadResourceParams{URI: r.Params.URI})
		})
	}
	return server.Run(ctx, transport)
}

// bearer sends a token with each request.
type bearer struct{ token string }

// RoundTrip sends a request.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}
