package slack

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
)

// NT-2: no log has a token of Slack's, nor an address that opens a file or an answer by itself.
func TestHidden(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := slog.New(hiding{slog.NewTextHandler(&out, nil)}).With("base", "https://hooks.slack.com/actions/T1/SECRET")
	inner := &url.Error{Op: "Get", URL: "https://files.slack.com/files-pri/T1-F1/label.txt?t=xoxe-SECRET-1", Err: errors.New("connection refused")}
	log.WithGroup("of").Warn("it failed at https://ann:SECRET@slack.com/SECRET", "error", fmt.Errorf("fetch: %w", inner), "token", "xoxb-SECRET-2", "other", "xoxe.xoxp-1-SECRET", "thread", "slackthread_1")
	got := out.String()
	if strings.Contains(got, "SECRET") {
		t.Errorf("it says %s", got)
	}
	for _, want := range []string{"https://files.slack.com/…", "https://hooks.slack.com/…", "https://slack.com/…", "connection refused", "slackthread_1"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q: %s", want, got)
		}
	}
}
