package client

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"sync"
)

// Journal is a file with what a connector must know after a crash, where its medium knows no repeats: what it was about
// to send. Each change is on the disk when it returns.
type Journal struct {
	path string
	lock sync.Mutex
	// Marks are the highest ids seen, by what they count; Entries are what Parley does not know as sent yet.
	kept struct {
		Marks   map[string]int64
		Entries map[string]Entry
	}
}

// Entry is a message that is being sent.
type Entry struct {
	Thread   string
	Sequence string   // with what the medium numbers it; "": it does not
	Parts    []string // the ids in the medium of what was sent of it
	Doubt    bool     // another part was about to be sent
	After    int64    // when the highest id of the sequence was this
}

// OpenJournal reads a journal, or begins one.
func OpenJournal(path string) (*Journal, error) {
	j := &Journal{path: path}
	j.kept.Marks, j.kept.Entries = map[string]int64{}, map[string]Entry{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &j.kept)
	}
	return j, err
}

// Mark returns the highest id seen.
func (j *Journal) Mark(of string) int64 {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.kept.Marks[of]
}

// See notes an id.
func (j *Journal) See(of string, id int64) error {
	return j.change(func() bool {
		j.kept.Marks[of] = max(id, j.kept.Marks[of])
		return true
	})
}

// Entry is what is known of a message; its zero value: nothing.
func (j *Journal) Entry(messageID string) Entry {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.kept.Entries[messageID]
}

// InDoubt are the messages of which a part was about to be sent.
func (j *Journal) InDoubt() (ids []string) {
	j.lock.Lock()
	defer j.lock.Unlock()
	for id, e := range j.kept.Entries {
		if e.Doubt {
			ids = append(ids, id)
		}
	}
	return ids
}

// Begin notes that a part of a message is sent next.
func (j *Journal) Begin(messageID, thread, sequence string) error {
	return j.change(func() bool {
		j.kept.Entries[messageID] = Entry{thread, sequence, j.kept.Entries[messageID].Parts, true, j.kept.Marks[sequence]}
		return true
	})
}

// Settle notes the id under which the part in doubt was sent; "": it was not. One that is not in doubt stays as it is.
func (j *Journal) Settle(messageID, id string) error {
	return j.change(func() bool {
		e := j.kept.Entries[messageID]
		if !e.Doubt {
			return false
		}
		if e.Doubt = false; id != "" {
			e.Parts = append(slices.Clone(e.Parts), id)
		}
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			j.kept.Marks[e.Sequence] = max(n, j.kept.Marks[e.Sequence])
		}
		j.kept.Entries[messageID] = e
		return true
	})
}

// Forget drops a message of which Parley knows what became.
func (j *Journal) Forget(messageID string) error {
	return j.change(func() bool {
		_, there := j.kept.Entries[messageID]
		delete(j.kept.Entries, messageID)
		return there
	})
}

// change writes the journal if do changed it.
func (j *Journal) change(do func() bool) error {
	j.lock.Lock()
	defer j.lock.Unlock()
	if !do() {
		return nil
	}
	text, err := json.Marshal(j.kept)
	if err != nil {
		return err
	}
	return replace(j.path, text)
}

// replace writes a file so that after a crash it is the old one or the new one.
func replace(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
