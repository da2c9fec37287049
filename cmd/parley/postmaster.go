package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"

	"parley/internal/channel/email/listener"
	"parley/internal/id"
	"parley/internal/mail"
)

// maxPostmaster is how much mail to the postmaster is kept, in bytes: anyone can send some.
const maxPostmaster = 64 << 20

var errPostmasterFull = errors.New("the folder for mail to the postmaster is full: delete what has been read")

// postmaster keeps the mail to whoever runs the server (RFC 5321, 4.5.1) as files, and says
// in the log that there is some. When the folder is full the senders keep theirs.
type postmaster struct {
	folder string
	log    *slog.Logger
}

// keeping lets one mail at a time look whether there is place for it.
var keeping sync.Mutex

func (p postmaster) keepMail(ctx context.Context, d listener.Delivery) error {
	raw, err := io.ReadAll(d.Raw)
	if err != nil {
		return err
	}
	keeping.Lock()
	defer keeping.Unlock()
	if p.size()+int64(len(raw)) > maxPostmaster {
		return errPostmasterFull
	}
	name := id.New("mail")
	if err := mail.WriteToFolder(p.folder, name, raw); err != nil {
		return err
	}
	p.log.WarnContext(ctx, "mail to the postmaster has arrived", "from", d.From, "folder", p.folder, "file", name+".eml")
	return nil
}

// size is how much is kept.
func (p postmaster) size() (total int64) {
	entries, _ := os.ReadDir(p.folder)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
	}
	return total
}
