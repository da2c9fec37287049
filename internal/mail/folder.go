package mail

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	gomail "github.com/wneessen/go-mail"
)

// folder keeps letters as <id>.eml, for their owner's eyes alone.
type folder string

// carry writes the letter beside its place and then moves it there, so that
// nobody reads half of one.
func (f folder) carry(_ context.Context, letterID string, m *gomail.Msg) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return fmt.Errorf("make the folder for mail: %w", err)
	}
	part, err := os.CreateTemp(string(f), letterID+".*.part")
	if err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	_, err = m.WriteTo(part)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(string(f), letterID+".eml"))
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return fmt.Errorf("write a letter: %w", err)
	}
	return nil
}
