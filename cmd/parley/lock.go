package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDataDir keeps a second server from using the same data folder: SQLite
// would cope, but each would miss what the other does.
func lockDataDir(dir string) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_DATA_DIR: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, wrong("PARLEY_DATA_DIR", fmt.Sprintf("is %s, which another Parley server uses", dir), "another folder for each server, or PARLEY_DATABASE_URL for several nodes")
	}
	return func() { _ = file.Close() }, nil
}
