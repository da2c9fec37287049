package seal

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
)

// ParseAnchors reads anchors as Verify's reports have them, with space between.
func ParseAnchors(text string) ([]Anchor, error) {
	var list []Anchor
	for _, word := range strings.Fields(text) {
		parts := strings.Split(word, ":")
		if len(parts) != 4 || logs[Log(parts[1])] == nil {
			return nil, badAnchor(word)
		}
		number, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil || number < 1 {
			return nil, badAnchor(word)
		}
		seal, err := base64.RawURLEncoding.DecodeString(parts[3])
		if err != nil || len(seal) != digestSize {
			return nil, badAnchor(word)
		}
		list = append(list, Anchor{parts[0], Log(parts[1]), number, seal})
	}
	return list, nil
}

// ReadAnchors reads a file of anchors.
func ReadAnchors(file string) ([]Anchor, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read anchors: %w", err)
	}
	list, err := ParseAnchors(string(text))
	if err != nil {
		return nil, fmt.Errorf("read anchors from %s: %w", file, err)
	}
	return list, nil
}

func badAnchor(word string) error {
	return fmt.Errorf("%q is not an anchor; one looks like account_...:EVENTS:12:..., as `parley verify` prints it", word)
}

// checkAnchor looks for an anchor in the chain, which was verified.
func (v *verifier) checkAnchor(ctx context.Context, a Anchor) error {
	var seal []byte
	err := store.ForEachRow(ctx, v.store, "SELECT seal FROM seals WHERE account_id = $1 AND log = $2 AND block = $3", []any{a.Account, string(a.Log), a.Block},
		func(rows entsql.ColumnScanner) error { return rows.Scan(&seal) })
	switch {
	case err != nil:
		return err
	case seal == nil:
		v.report.addProblem(Problem{Block: a.Block, Text: fmt.Sprintf("block %d, of which there is an anchor, is not there: the log was cut, or is an older one", a.Block)})
	case !bytes.Equal(seal, a.Seal):
		v.report.addProblem(Problem{Block: a.Block, Text: fmt.Sprintf("block %d has another seal than its anchor: the log was rewritten", a.Block)})
	}
	return nil
}
