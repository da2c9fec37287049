package mail

import (
	"fmt"
	"os"
	"path/filepath"
)

// WriteToFolder writes a mail that has no server to a folder, for development: as
// <name>.eml, which only its owner can read. It writes beside that place and then
// moves the file there, so that no one reads half a mail.
func WriteToFolder(folder, name string, raw []byte) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the folder for mail: %w", err)
	}
	part, err := os.CreateTemp(folder, name+".*.part")
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	_, err = part.Write(raw)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(folder, name+".eml"))
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return fmt.Errorf("write a mail: %w", err)
	}
	return nil
}
