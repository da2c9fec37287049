//go:build unix

package main

import "syscall"

// keepPrivate has whatever this process makes be readable by its owner alone: the
// database, its journals and files (ENG-7).
func keepPrivate() { syscall.Umask(0o077) }
