package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	api "github.com/slack-go/slack"

	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// takeFiles fetches the files of a message from Slack, and uploads them as whoever sent them.
func (h *hearing) takeFiles(ctx context.Context, by *speaker, p *post, files []file) (ids []string, err error) {
	if len(files) > mostFiles {
		return nil, refusal(fmt.Sprintf("Not sent: it has %d files; at most %d are taken.", len(files), mostFiles))
	}
	for _, f := range files {
		if f.External || f.Mode == "external" || f.Mode == "tombstone" || f.Mode == "hidden_by_limit" || f.Mode == "file_access" {
			return nil, refusal("Not sent: “" + errs.Clip(f.Name) + "” is not a file of Slack's own.")
		}
		if h.options.MaxBytes > 0 && f.Size > h.options.MaxBytes {
			return nil, refusal("Not sent: “" + errs.Clip(f.Name) + "” is too large.")
		}
		content, err := h.fetchFile(ctx, f)
		if err != nil {
			return nil, err
		}
		key := "slack " + p.messageID + " " + f.ID
		a, err := h.files.Upload(viewer.NewContext(ctx, by.viewer), attachment.UploadInput{
			ConversationID: h.c.ID, File: bytes.NewReader(content), FileName: f.Name, Size: int64(len(content)), IdempotencyKey: &key,
		})
		if err != nil {
			return nil, asRefusal("Not sent: “"+errs.Clip(f.Name)+"”: ", err)
		}
		ids = append(ids, a.ID)
	}
	return ids, nil
}

// errTooLarge says that a file is larger than it may be.
var errTooLarge = errors.New("the file is too large")

// bounded keeps what is written, up to a limit.
type bounded struct {
	bytes.Buffer
	most int64
}

// Write keeps p; errTooLarge beyond the limit.
func (b *bounded) Write(p []byte) (int, error) {
	if b.most > 0 && int64(b.Len()+len(p)) > b.most {
		return 0, errTooLarge
	}
	return b.Buffer.Write(p)
}

// fetchFile reads a file from Slack: the token is sent to no other host.
func (h *hearing) fetchFile(ctx context.Context, f file) ([]byte, error) {
	address := f.URL
	if address == "" {
		address = f.Private
	}
	if !h.isSlacks(address) {
		return nil, refusal("Not sent: “" + errs.Clip(f.Name) + "” is not a file of Slack's own.")
	}
	to := &bounded{most: h.options.MaxBytes}
	transfers, err := h.transfersOf(h.workspace)
	if err != nil {
		return nil, err
	}
	err = transfers.GetFileContext(ctx, address, to)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, refusal("Not sent: “" + errs.Clip(f.Name) + "” is too large.")
	case err != nil && h.isWithheld(err):
		return nil, refusal("Not sent: Slack does not give “" + errs.Clip(f.Name) + "”.")
	}
	return to.Bytes(), err
}

// fileTries is how often a file is asked for that Slack does not give, over some minutes: then what
// came with it is not sent.
const fileTries = 8

// isWithheld reports whether a file is not to be had: it is gone, or Slack did not give it for
// minutes.
func (h *hearing) isWithheld(err error) bool {
	var status api.StatusCodeError
	return errors.As(err, &status) && (status.Code == http.StatusNotFound || status.Code == http.StatusGone) || h.event.attempts >= fileTries && !isLater(err) && pauseOf(err) == 0
}

// isSlacks reports whether an address is one of Slack's own hosts.
func (s *Service) isSlacks(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	base, err := url.Parse(s.options.APIURL)
	if err == nil && s.options.APIURL != api.APIURL && u.Scheme == base.Scheme && u.Host == base.Host {
		return true
	}
	host := strings.ToLower(u.Host)
	return u.Scheme == "https" && (host == "slack.com" || strings.HasSuffix(host, ".slack.com"))
}
