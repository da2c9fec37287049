package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/store"
)

// verifyCommand verifies the logs (OP-6). It changes nothing, and a server may run.
type verifyCommand struct {
	Account    string        `placeholder:"ID" help:"Only this account's logs. Left out: those of all."`
	Log        string        `enum:"all,events,audit" default:"all" help:"Which logs: ${enum}."`
	Anchor     []string      `sep:"none" placeholder:"TEXT" help:"What an earlier run printed as anchors: the logs must have them. More than one is separated by spaces or lines."`
	AnchorFile string        `placeholder:"FILE" help:"A file with anchors that the logs must have; - is standard input."`
	Grace      time.Duration `default:"10m" help:"How long a row may be there without being sealed."`
	JSON       bool          `name:"json" help:"Print each log's report as a line of JSON."`
}

// errUnverified is what the command ends with that found problems.
var errUnverified = errors.New("the logs do not verify")

// Run verifies and prints the reports.
func (c *verifyCommand) Run(ctx context.Context, d *databaseSettings) (err error) {
	anchors, err := c.anchors(d.DataDir)
	if err != nil {
		return err
	}
	keys, err := d.keysThere()
	if err != nil {
		return err
	}
	s, err := d.openToRead(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	options := seal.Options{Account: c.Account, Anchors: anchors, Grace: c.Grace}
	if c.Log != "all" {
		options.Log = seal.Log(strings.ToUpper(c.Log))
	}
	return c.print(ctx, s, keys, options, os.Stdout)
}

// anchors are those of the command, and those that the server keeps in the data folder.
func (c *verifyCommand) anchors(dataDir string) ([]seal.Anchor, error) {
	list, err := seal.ParseAnchors(strings.Join(c.Anchor, " "))
	if err != nil {
		return nil, fmt.Errorf("--anchor: %w", err)
	}
	if c.AnchorFile != "" {
		file := c.AnchorFile
		if file == "-" {
			file = "/dev/stdin"
		}
		more, err := seal.ReadAnchors(file)
		if err != nil {
			return nil, fmt.Errorf("--anchor-file: %w", err)
		}
		list = append(list, more...)
	}
	kept, err := seal.ReadAnchors(filepath.Join(dataDir, anchorFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return append(list, kept...), nil
}

// anchorFile is where a server keeps the newest seals beside the database, in the data folder.
const anchorFile = "seals.anchors"

// sealing says how the server seals.
func (s *serverSettings) sealing(dataDir string, log *slog.Logger) seal.Settings {
	return seal.Settings{EventRetention: s.EventRetention, AuditRetention: s.AuditRetention, AnchorFile: filepath.Join(dataDir, anchorFile), Log: log}
}

func (c *verifyCommand) print(ctx context.Context, s *store.Store, keys *secret.Keyring, o seal.Options, out io.Writer) error {
	failed := false
	err := seal.Verify(ctx, s, keys, o, func(r *seal.Report) error {
		failed = failed || len(r.Problems) > 0
		if c.JSON {
			return json.NewEncoder(out).Encode(r)
		}
		_, err := io.WriteString(out, reportText(r))
		return err
	})
	if err == nil && failed {
		err = errUnverified
	}
	return err
}

func reportText(r *seal.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d rows in %d blocks, head %d", r.Account, strings.ToLower(string(r.Log)), r.Rows, r.Blocks, r.Head)
	for _, part := range []struct {
		n    int64
		what string
	}{{r.Tombstones, "tombstones"}, {r.Trimmed, "deleted by retention"}} {
		if part.n > 0 {
			fmt.Fprintf(&b, ", %d %s", part.n, part.what)
		}
	}
	if r.Floor > 0 {
		fmt.Fprintf(&b, ", floor %d", r.Floor)
	}
	if r.Began.IsSet() {
		fmt.Fprintf(&b, ", sealed since %s", r.Began)
	}
	if r.Late > 0 {
		fmt.Fprintf(&b, ", %d blocks sealed late, the last at %s", r.Late, r.LastLate)
	}
	if r.Unsealed > 0 {
		fmt.Fprintf(&b, ", %d not sealed yet since %s", r.Unsealed, r.UnsealedSince)
	}
	b.WriteByte('\n')
	for _, p := range r.Problems {
		b.WriteString("  PROBLEM")
		if p.Block > 0 {
			fmt.Fprintf(&b, " in block %d", p.Block)
		}
		if p.Number > 0 {
			fmt.Fprintf(&b, ", number %d", p.Number)
		}
		b.WriteString(": " + p.Text + "\n")
	}
	if r.Hidden > 0 {
		fmt.Fprintf(&b, "  and %d problems more\n", r.Hidden)
	}
	if r.Anchor != "" {
		b.WriteString("  anchor " + r.Anchor + "\n")
	}
	return b.String()
}

// keysThere are the keys that there are: none is made.
func (d *databaseSettings) keysThere() (*secret.Keyring, error) {
	if d.SecretKeys == "" {
		file := filepath.Join(d.DataDir, "secret.key")
		there, err := exists(file)
		if err == nil && !there {
			err = fmt.Errorf("there is no key %s: set PARLEY_DATA_DIR to where it is, or PARLEY_SECRET_KEYS to the keys with which the logs were sealed", file)
		}
		if err != nil {
			return nil, err
		}
	}
	return d.keys()
}

// openToRead opens the database as it is.
func (d *databaseSettings) openToRead(ctx context.Context) (*store.Store, error) {
	file := filepath.Join(d.DataDir, "parley.db")
	if d.DatabaseURL == "" {
		if there, err := exists(file); err != nil || !there {
			return nil, errors.Join(err, fmt.Errorf("there is no database %s: set PARLEY_DATA_DIR to where it is, or PARLEY_DATABASE_URL", file))
		}
	}
	s, err := store.Open(ctx, store.Options{URL: d.DatabaseURL, File: file, Log: d.log(), ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return s, nil
}
