package main

import (
	"context"
	"fmt"
	"os"

	"parley/internal/errs"
)

// ready reports whether requests can be served: the database answers, and what comes
// can be kept in a folder on the data folder's disk. A disk that is full still reads.
func (a *app) ready(ctx context.Context, folder string) error {
	if err := a.store.Ping(ctx); err != nil {
		return err
	}
	if err := probeDisk(folder); err != nil {
		return fmt.Errorf("%w (%w)", errs.New(errs.Unavailable, "The data folder takes no more."), err)
	}
	return nil
}

// probeDisk writes to the data folder what a small change would.
func probeDisk(folder string) (err error) {
	f, err := os.CreateTemp(folder, ".ready-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(make([]byte, 256<<10)); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
