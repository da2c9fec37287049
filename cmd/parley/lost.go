package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parley/internal/store"
)

// checkDatabase refuses to make a new database in the place of one that is gone: it
// would look like a first start. Where a key was made, there was a database (ENG-7).
func (d *databaseSettings) checkDatabase() error {
	if d.DatabaseURL != "" || d.AcceptLoss {
		return nil
	}
	file := filepath.Join(d.DataDir, "parley.db")
	there, err := exists(file)
	if err != nil || there {
		return err
	}
	key := filepath.Join(d.DataDir, "secret.key")
	if there, err = exists(key); err == nil && there {
		err = fmt.Errorf("the database %s is gone, but its key %s is there: restore the database, or set PARLEY_DATA_DIR to where it is. PARLEY_ACCEPT_LOSS=true begins with an empty one", file, key)
	}
	return err
}

// checkKey refuses to make a new key for a database in use: what is sealed with the
// one that is gone (passwords of mailboxes, identity secrets) could never be opened
// again, and no visitor's token would hold (ENG-7).
func (d *databaseSettings) checkKey(ctx context.Context, s *store.Store) error {
	if d.SecretKeys != "" || d.AcceptLoss {
		return nil
	}
	key := filepath.Join(d.DataDir, "secret.key")
	there, err := exists(key)
	if err != nil || there {
		return err
	}
	accounts, err := s.Numbers(ctx, "SELECT COUNT(*) FROM accounts")
	if err == nil && accounts[0] > 0 {
		err = fmt.Errorf("the key %s is gone, but the database is in use: restore the file, or set PARLEY_SECRET_KEYS to its content. "+
			"PARLEY_ACCEPT_LOSS=true makes a new key; what was sealed with the old one, and all visitors' sessions, are then lost", key)
	}
	return err
}

// checkIdentity refuses a database that is not the one that the data folder was used with:
// one that was emptied or replaced looks like a first start, beside files and keys that
// belong to what is gone (ENG-7). A folder that knows none, such as that of a new node,
// remembers the one that is there.
func (d *databaseSettings) checkIdentity(ctx context.Context, s *store.Store) error {
	identity, err := s.Identity(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(d.DataDir, "database.id")
	known, err := os.ReadFile(file) //nolint:gosec // the operator's own folder
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("PARLEY_DATA_DIR: %w", err)
	case strings.TrimSpace(string(known)) == identity:
		return nil
	case err == nil && !d.AcceptLoss:
		return fmt.Errorf("the database is not the one that the data folder %s was used with: it was emptied or replaced. Restore it, or set PARLEY_DATABASE_URL and "+
			"PARLEY_DATA_DIR to what belongs together. PARLEY_ACCEPT_LOSS=true goes on with the database as it is", d.DataDir)
	}
	if err := os.WriteFile(file, []byte(identity+"\n"), 0o600); err != nil {
		return fmt.Errorf("PARLEY_DATA_DIR: %w", err)
	}
	return nil
}

// exists reports whether there is a file.
func exists(path string) (bool, error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, fmt.Errorf("PARLEY_DATA_DIR: %w", err)
	}
	return true, nil
}
