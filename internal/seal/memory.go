package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
)

// saveEvery is how often the file of anchors is written at most.
const saveEvery = time.Minute

// memory is what this process sealed last of each log, and what an earlier one did as a
// file beside the database says. Whoever sets a log back in the database does not reach it.
type memory struct {
	file string
	log  *slog.Logger

	mu     sync.Mutex
	loaded bool
	// last is what this process sealed of a log. It goes on only from there.
	last map[behindLog]Anchor
	// kept are anchors of the file that were not compared yet, or that the log does not have:
	// these stay in the file until a person removes them.
	kept     map[behindLog][]Anchor
	compared map[behindLog]bool
	changed  bool
	savedAt  clock.Micros
}

func newMemory(file string, log *slog.Logger) *memory {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &memory{file: file, log: log, last: map[behindLog]Anchor{}, kept: map[behindLog][]Anchor{}, compared: map[behindLog]bool{}}
}

func ofLog(account string, log Log) behindLog { return behindLog{account: account, log: log} }

// load reads the file, once.
func (m *memory) load() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == "" || m.loaded {
		return nil
	}
	list, err := ReadAnchors(m.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, a := range list {
		of := ofLog(a.Account, a.Log)
		m.kept[of] = append(m.kept[of], a)
	}
	m.loaded = true
	return nil
}

// remember keeps a block that was sealed.
func (m *memory) remember(b *block) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := ofLog(b.account, b.log)
	if b.number > m.last[of].Block {
		m.last[of], m.changed = Anchor{b.account, b.log, b.number, b.seal}, true
	}
}

// check refuses to go on with a log that does not have what this process sealed. What an
// earlier one sealed is compared too, and reported: the database may be a back-up that was
// restored.
func (m *memory) check(ctx context.Context, tx *store.Tx, of behindLog, at *state) error {
	of = ofLog(of.account, of.log)
	m.mu.Lock()
	last, claims, compared := m.last[of], slices.Clone(m.kept[of]), m.compared[of]
	m.mu.Unlock()
	if last.Block > 0 {
		if has, err := hasSeal(ctx, tx, last, at); err != nil || !has {
			return errors.Join(err, fmt.Errorf("the log no longer has block %d as this process sealed it: it was set back, and is no longer sealed; if that was meant, restart the server", last.Block))
		}
	}
	if compared {
		return nil
	}
	var lost []Anchor
	for _, a := range claims {
		has, err := hasSeal(ctx, tx, a, at)
		if err != nil {
			return err
		}
		if !has {
			lost = append(lost, a)
			m.log.ErrorContext(ctx, "a log does not have a seal that was kept beside the database: it was set back, or a back-up was restored", "file", m.file, "anchor", a.String())
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.compared[of] = true
	if m.kept[of] = lost; len(lost) == 0 {
		delete(m.kept, of)
	}
	return nil
}

func hasSeal(ctx context.Context, tx *store.Tx, a Anchor, at *state) (bool, error) {
	seal := at.newest.seal
	if a.Block != at.newest.number {
		var err error
		if seal, err = sealOf(ctx, tx, a.Account, a.Log, a.Block); err != nil {
			return false, err
		}
	}
	return bytes.Equal(seal, a.Seal), nil
}

// save writes the file, once a minute at most.
func (m *memory) save(now clock.Micros) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file == "" || !m.loaded || !m.changed || now < m.savedAt.Add(saveEvery) {
		return nil
	}
	var lines []string
	for _, a := range m.last {
		lines = append(lines, a.String())
	}
	for _, list := range m.kept {
		for _, a := range list {
			lines = append(lines, a.String())
		}
	}
	slices.Sort(lines)
	fresh := m.file + ".new"
	if err := os.WriteFile(fresh, []byte(strings.Join(slices.Compact(lines), "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep anchors: %w", err)
	}
	if err := os.Rename(fresh, m.file); err != nil {
		return fmt.Errorf("keep anchors: %w", err)
	}
	m.changed, m.savedAt = false, now
	return nil
}
