package client

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
)

// Journal is a file with what a connector must know after a crash, where its medium knows no repeats: what it was about
// to send. Each change is on the disk when it returns.
type Journal struct {
	path   string
	lock   sync.Mutex
	before map[string]bool // the messages that were in it when it was opened
	// Marks are the highest ids seen, by what they count; Entries are what Parley does not know as sent yet.
	kept struct {
		Marks   map[string]int64
		Entries map[string]Entry
		Several []Entry // the newest messages of several parts that were sent
	}
}

// keptSeveral is of how many messages of several parts the ids are kept.
const keptSeveral = 1000

// Entry is a message that is being sent.
type Entry struct {
	Thread   string
	Sequence string   // with what the medium numbers it; "": it does not
	Parts    []string // the ids in the medium of what was sent of it
	Count    int      // of how many parts it is
	Doubt    bool     // another part was about to be sent
	Known    bool     // Parley knows that it was sent
	After    int64    // when the highest id of the sequence was this
}

// Whole reports whether all of a message was sent.
func (e Entry) Whole() bool { return e.Count > 0 && len(e.Parts) == e.Count }

// OpenJournal reads a journal, or begins one.
func OpenJournal(path string) (*Journal, error) {
	j := &Journal{path: path, before: map[string]bool{}}
	j.kept.Marks, j.kept.Entries = map[string]int64{}, map[string]Entry{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &j.kept)
	}
	for id := range j.kept.Entries {
		j.before[id] = true
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

// Old reports whether a message was begun before the connector started, and nothing of it since.
func (j *Journal) Old(messageID string) bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	return j.before[messageID]
}

// Open are the messages that are being sent.
func (j *Journal) Open() (ids []string) {
	j.lock.Lock()
	defer j.lock.Unlock()
	for id := range j.kept.Entries {
		ids = append(ids, id)
	}
	return ids
}

// PartsOf are the ids of a message's parts, of which the first one is given: that by which Parley knows the message.
func (j *Journal) PartsOf(thread, first string) []string {
	j.lock.Lock()
	defer j.lock.Unlock()
	for _, e := range j.kept.Several {
		if e.Thread == thread && e.Parts[0] == first {
			return e.Parts
		}
	}
	return []string{first}
}

// Begin notes that the next part of a message, of so many, is sent next.
func (j *Journal) Begin(messageID, thread, sequence string, count int) error {
	return j.change(func() bool {
		delete(j.before, messageID)
		j.kept.Entries[messageID] = Entry{Thread: thread, Sequence: sequence, Parts: j.kept.Entries[messageID].Parts, Count: count, Doubt: true, After: j.kept.Marks[sequence]}
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

// Know notes that Parley knows a message as sent: whoever gets it nevertheless does not send it.
func (j *Journal) Know(messageID string) error {
	return j.change(func() bool {
		e, there := j.kept.Entries[messageID]
		if e.Known = true; there {
			j.kept.Entries[messageID] = e
		}
		return there
	})
}

// Forget drops a message of which Parley knows what became. Of several parts, it keeps their ids.
func (j *Journal) Forget(messageID string) error {
	return j.change(func() bool {
		e, there := j.kept.Entries[messageID]
		if delete(j.kept.Entries, messageID); len(e.Parts) > 1 {
			j.kept.Several = append(j.kept.Several, e)
			j.kept.Several = j.kept.Several[max(0, len(j.kept.Several)-keptSeveral):]
		}
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

// replace writes a file so that after a crash, or when the power is cut, it is the old one or the new one.
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
	folder, failed := os.Open(filepath.Dir(path))
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
