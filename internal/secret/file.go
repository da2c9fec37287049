package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LoadOrCreate returns the keys in the file at path, one a line or separated by
// commas. If there is no such file it makes one with a fresh key, readable by
// its owner alone; of several processes that start at once all get the same
// key. The folder must exist. A file that others may read or write is refused.
func LoadOrCreate(path string) (*Keyring, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := createFile(path); err != nil {
			return nil, fmt.Errorf("cannot make the secret key file %s: %w", path, err)
		}
	}
	ring, err := loadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot use the secret key file %s: %w", path, err)
	}
	return ring, nil
}

func loadFile(path string) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("its mode is %#o, so others can get at the keys; `chmod 600` it, and replace the keys if others may have read them", mode)
	}
	const most = 64 << 10
	if info.Size() > most {
		return nil, fmt.Errorf("it has %d bytes; a key file has %d at most", info.Size(), most)
	}
	text := make([]byte, info.Size())
	if _, err := f.ReadAt(text, 0); err != nil {
		return nil, err
	}
	lines := strings.Join(strings.Fields(string(text)), ",")
	return parseKeys("the file", strings.ReplaceAll(lines, ",,", ","))
}

// createFile writes a key file whole or not at all: first under another name, then
// linked to its own, which fails if another process was faster.
func createFile(path string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(GenerateKey() + "\n")
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the new name survive a power cut: what is sealed with a key
// that is lost is lost too.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
