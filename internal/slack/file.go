package slack

import (
	"context"
	"errors"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/vocab"
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
	if m == nil || a == nil || m.DeletedAt.IsSet() {
		return w.deleteFile(ctx, p)
	}
	if p.digest == "shared" || a.Scan == vocab.ScanInfected {
		return nil
	}
	if p.fileID != "" {
		shared, err := w.isShared(ctx, p.fileID)
		if err != nil || shared {
			p.digest = "shared"
			return err
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
	err = w.call(ctx, "files.completeUploadExternal", func(ctx context.Context) error {
		_, err := w.api.CompleteUploadExternalContext(ctx, api.CompleteUploadExternalParameters{
			Files: []api.FileSummary{{ID: p.fileID, Title: a.FileName}}, Channel: w.channel.SlackID, ThreadTimestamp: w.row.ts,
		})
		return err
	})
	if err != nil && (faultOf(err) == faultRefused || faultOf(err) == faultGone) { // its content did not arrive
		p.fileID = ""
		return errors.Join(errs.New(errs.Unavailable, "an upload to Slack has to be repeated"), w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET file_id = '' WHERE id = $1", p.id))
	}
	if err == nil {
		p.digest = "shared"
	}
	return err
}

// uploadFile hands the content of a file to Slack, which shows it nowhere yet.
func (w *work) uploadFile(ctx context.Context, p *post, a *ent.Attachment) error {
	var to *api.GetUploadURLExternalResponse
	err := w.call(ctx, "files.getUploadURLExternal", func(ctx context.Context) (err error) {
		to, err = w.api.GetUploadURLExternalContext(ctx, api.GetUploadURLExternalParameters{FileName: a.FileName, FileSize: a.Size})
		return err
	})
	if err != nil {
		return err
	}
	content, err := w.files.Open(ctx, a)
	if err != nil {
		return err
	}
	err = w.api.UploadToURL(ctx, api.UploadToURLParameters{UploadURL: to.UploadURL, Reader: content, Filename: a.FileName})
	if err = errors.Join(err, content.Close()); err != nil {
		return err
	}
	p.fileID = to.FileID
	return w.execWithin(ctx, w.row.accountID, "UPDATE slack_posts SET file_id = $1 WHERE id = $2", p.fileID, p.id)
}

// isShared reports whether a file is shown in the channel.
func (w *work) isShared(ctx context.Context, fileID string) (shared bool, err error) {
	err = w.call(ctx, "files.info", func(ctx context.Context) error {
		f, _, _, err := w.api.GetFileInfoContext(ctx, fileID, 0, 0)
		if err == nil {
			shared = len(f.Shares.Public[w.channel.SlackID]) > 0 || len(f.Shares.Private[w.channel.SlackID]) > 0
		}
		return err
	})
	if err != nil && faultOf(err) == faultGone {
		return false, nil
	}
	return shared, err
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
