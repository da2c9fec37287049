//go:build !unix

package main

// keepPrivate does nothing: files get the rights of their folder.
func keepPrivate() {}
