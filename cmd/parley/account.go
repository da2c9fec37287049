package main

import (
	"context"
	"fmt"
	"strconv"

	"parley/internal/viewer"
)

type accountCommand struct {
	Set accountSetCommand `cmd:"" help:"Set what the first account may have."`
}

type accountSetCommand struct {
	MaxInboxes string `required:"" placeholder:"N" help:"How many inboxes it may have, or unlimited."`
}

// Run sets the account's limits.
func (c *accountSetCommand) Run(ctx context.Context, d *databaseSettings) error {
	var most *int
	if c.MaxInboxes != "unlimited" {
		n, err := strconv.Atoi(c.MaxInboxes)
		if err != nil {
			return fmt.Errorf("--max-inboxes must be a number, or unlimited, not %q", c.MaxInboxes)
		}
		most = &n
	}
	return asFirstAdmin(ctx, d, func(ctx context.Context, a *app) error {
		return a.accounts.SetMaxInboxes(viewer.NewContext(ctx, viewer.System("command line", viewer.FromContext(ctx).AccountID)), most)
	})
}
