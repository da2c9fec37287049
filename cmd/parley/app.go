package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"parley/internal/account"
	"parley/internal/channel/chat/visitor"
	"parley/internal/lease"
	"parley/internal/viewer"
)

// Authenticate knows staff by their API tokens and sessions, and visitors by theirs.
func (a *app) Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error) {
	if visitor.LooksLikeToken(bearer) {
		return a.visitors.Authenticate(ctx, bearer)
	}
	if strings.HasPrefix(bearer, account.SessionPrefix) {
		return a.accounts.AuthenticateSession(ctx, bearer)
	}
	if strings.HasPrefix(bearer, account.AccessPrefix) {
		return a.accounts.AuthenticateApp(ctx, bearer)
	}
	return a.accounts.Authenticate(ctx, bearer)
}

// resetLeases ends the leases of a process that died, where no other can have
// the database (see lockDataDir). It is called before anything takes one.
func (a *app) resetLeases(ctx context.Context) error {
	if a.store.Postgres() {
		return nil
	}
	return lease.Reset(viewer.NewContext(ctx, viewer.Everywhere("start")), a.store)
}

// stop lets running jobs end, and seals the logs. Jobs that do not end in time run again at the next start.
func (a *app) stop(grace time.Duration, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := a.queue.Stop(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if err := a.seals.Finish(ctx); err != nil {
		log.WarnContext(ctx, "the logs are not sealed to their end; the next start seals the rest", "error", err)
	}
	return nil
}
