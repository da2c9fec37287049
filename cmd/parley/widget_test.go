package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	chromium = "/usr/bin/chromium"
	// browsing bounds the tests in the browser.
	browsing = 20 * time.Minute
)

// CH-3, CH-4, CH-6, CH-11, CH-12, TM-3, TM-6, IN-23, IB-6: the widget works in a browser, on pages of another origin with a
// strict policy, and so does the demo page. scripts/widget.sh fetches the
// browser's driver.
func TestWidgetInBrowser(t *testing.T) {
	t.Parallel()
	const folder = "../../internal/channel/chat/widget/browser"
	node, err := exec.LookPath("node")
	_, noDriver := os.Stat(folder + "/node_modules/playwright-core")
	_, noBrowser := os.Stat(chromium)
	if err := errors.Join(err, noDriver, noBrowser); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the widget must be tested here: %v (apt-get install npm chromium; scripts/widget.sh)", err)
		}
		t.Skipf("SKIPPED, the widget is not tested in a browser: %v (apt-get install npm chromium; scripts/widget.sh)", err)
	}
	data := t.TempDir()
	server := startServer(t, "PARLEY_DATA_DIR="+data, "PARLEY_ADMIN_TOKEN="+adminToken, "PARLEY_ALLOWED_ORIGINS=*", "PARLEY_MAX_FILE_BYTES=1048576")
	ctx, cancel := context.WithTimeout(t.Context(), browsing)
	defer cancel()
	for _, name := range []string{"types", "chat", "rating", "forms", "flow", "files", "cards", "page", "pages", "shared", "proof", "site", "api", "npm", "network", "rules", "queue", "hosted", "demo"} {
		run := exec.CommandContext(ctx, node, "--test", folder+"/"+name+".test.mjs")
		run.Env = append(os.Environ(), "PARLEY_URL="+server.url, "PARLEY_TOKEN="+adminToken, "PARLEY_OUTBOX="+filepath.Join(data, "outbox"), "CHROMIUM="+chromium)
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
