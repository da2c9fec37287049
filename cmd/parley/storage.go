package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"parley/internal/attachment/blob"
	"parley/internal/secret"
	"parley/internal/store"
)

// storage is where the data lies, opened.
type storage struct {
	store   *store.Store
	keys    *secret.Keyring
	blobs   *blob.Bucket
	dataDir string
}

// openStorage opens the database, which migrates it, and where files are stored.
func (d *databaseSettings) openStorage(ctx context.Context, log *slog.Logger) (*storage, error) {
	if err := d.makeDataDir(); err != nil {
		return nil, err
	}
	if err := d.checkDatabase(); err != nil {
		return nil, err
	}
	s, err := d.open(ctx, log) // before a key is made: what has a key has a database
	if err != nil {
		return nil, err
	}
	err = errors.Join(d.checkKey(ctx, s), d.checkIdentity(ctx, s))
	var keys *secret.Keyring
	if err == nil {
		keys, err = d.keys()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	blobs, err := blob.Open(ctx, d.FilesURL, d.DataDir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("PARLEY_FILES_URL: %w", err), s.Close())
	}
	return &storage{store: s, keys: keys, blobs: blobs, dataDir: d.DataDir}, nil
}

func (s *storage) close() error { return errors.Join(s.blobs.Close(), s.store.Close()) }
