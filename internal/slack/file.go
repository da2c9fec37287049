package slack

import (
	"context"
	"errors"
	"strings"
	"time"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/vocab"
)

const (
	// fileShared is the digest of a file that is shown, and fileThere says that Slack has it.
	fileShared = "shared"
	fileThere  = "there"
	// sharedWithin is how long Slack may take to say where it shows a file, and sharedAgain how long
	// to wait before it is asked again.
	sharedWithin = time.Minute
	sharedAgain  = 2 * time.Second
	// fileTime bounds the transfer of a file.
	fileTime = 10 * time.Minute
)

// tendFile uploads a file of a message to the thread, once: Slack's id of it is noted before it
// is shown.
func (w *work) tendFile(ctx context.Context, p *post) error {
	client := w.store.Client(ctx)
	m, err := client.Message.Get(ctx, p.messageID)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	a, err := client.Attachment.Get(ctx, p.attachmentID)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	if m == nil || a == nil || m.DeletedAt.IsSet() || a.Scan == vocab.ScanInfected {
		return w.deleteFile(ctx, p)
	}
	if p.digest == fileShared {
		return nil
	}
	if a.Size <= 0 { // Slack takes none without content
		p.digest = "refused"
		return nil
	}
	if p.triedAt > 0 { // it may be shown
		if found, err := w.findFile(ctx, p.fileID); err != nil || found == fileShared {
			p.digest = found
			return err
		}
		if now := w.store.Now(); now < clock.Micros(p.triedAt).Add(sharedWithin) {
			return later{now.Add(sharedAgain)}
		}
	}
	if err := w.takeTurn(w.channel.SlackID); err != nil {
		return err
	}
	if p.fileID == "" {
		if err := w.uploadFile(ctx, p, a); err != nil {
			return err
		}
	}
	note := func(at clock.Micros) error {
		p.triedAt = int64(at)
		return w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET tried_at = $1 WHERE id = $2", p.triedAt, p.id)
	}
	if err := note(w.store.Now()); err != nil {
		return err
	}
	err = w.call(ctx, "files.completeUploadExternal", func(ctx context.Context) error {
		_, err := w.api.CompleteUploadExternalContext(ctx, api.CompleteUploadExternalParameters{
			Files: []api.FileSummary{{ID: p.fileID, Title: nameOf(a)}}, Channel: w.channel.SlackID, ThreadTimestamp: w.row.ts,
		})
		return err
	})
	switch f := faultOf(err); {
	case err == nil:
		p.digest = fileShared
	case f == faultRefused || f == faultGone:
		return w.uploadAgain(ctx, p, err)
	case isLater(err) || f != faultUnknown: // it was not done
		err = errors.Join(err, note(0))
	}
	return err
}

// uploadAgain has a file that Slack does not show be uploaded again, if it has it no longer, or not
// as a whole. One that it has may be shown by now: it is refused, rather than shown twice.
func (w *work) uploadAgain(ctx context.Context, p *post, why error) error {
	found, err := w.findFile(ctx, p.fileID)
	switch {
	case err != nil:
		return err
	case found == fileShared:
		p.digest = found
		return nil
	case found == fileThere && faultOf(why) == faultRefused:
		return why
	}
	return errors.Join(errs.New(errs.Unavailable, "an upload to Slack has to be repeated"),
		w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET file_id = '', tried_at = 0 WHERE id = $1", p.id))
}

// uploadFile hands the content of a file to Slack, which shows it nowhere yet.
func (w *work) uploadFile(ctx context.Context, p *post, a *ent.Attachment) error {
	var to *api.GetUploadURLExternalResponse
	err := w.call(ctx, "files.getUploadURLExternal", func(ctx context.Context) (err error) {
		to, err = w.api.GetUploadURLExternalContext(ctx, api.GetUploadURLExternalParameters{FileName: nameOf(a), FileSize: a.Size})
		return err
	})
	if err != nil {
		return err
	}
	transfers, err := w.transfersOf(w.workspace)
	if err != nil {
		return err
	}
	content, err := w.files.Open(ctx, a)
	if err != nil {
		return err
	}
	err = transfers.UploadToURL(ctx, api.UploadToURLParameters{UploadURL: to.UploadURL, Reader: content, Filename: nameOf(a)})
	if err = errors.Join(err, content.Close()); err != nil {
		return err
	}
	p.fileID = to.FileID
	return w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET file_id = $1 WHERE id = $2", p.fileID, p.id)
}

// findFile says what Slack has of a file: it is shown in the thread, it is there, or not ("").
func (w *work) findFile(ctx context.Context, fileID string) (found string, err error) {
	err = w.call(ctx, "files.info", func(ctx context.Context) error {
		f, _, _, err := w.api.GetFileInfoContext(ctx, fileID, 0, 0)
		if err != nil {
			return err
		}
		found = fileThere
		for _, shares := range [][]api.ShareFileInfo{f.Shares.Public[w.channel.SlackID], f.Shares.Private[w.channel.SlackID]} {
			for _, share := range shares {
				if share.ThreadTs == w.row.ts {
					found = fileShared
				}
			}
		}
		return nil
	})
	if err != nil && faultOf(err) == faultGone {
		return "", nil
	}
	return found, err
}

// nameOf is what a file is called in Slack, which takes none without a name.
func nameOf(a *ent.Attachment) string {
	if name := strings.TrimSpace(a.FileName); name != "" {
		return name
	}
	return "file"
}

func (w *work) deleteFile(ctx context.Context, p *post) error {
	if p.fileID == "" || p.digest == "deleted" {
		return nil
	}
	err := w.call(ctx, "files.delete", func(ctx context.Context) error { return w.api.DeleteFileContext(ctx, p.fileID) })
	if err != nil && faultOf(err) != faultGone {
		return err
	}
	p.digest = "deleted"
	return nil
}
