package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// API-18: a server of trusted documents has the widget's and the demo page's among
// them, so that both work there; the command line prints them all.
func TestTrustedDocumentsOfTheWidget(t *testing.T) {
	t.Parallel()
	const own = "{ viewer { kind } }"
	list := filepath.Join(t.TempDir(), "trusted.json")
	sum := sha256.Sum256([]byte(own))
	hash := hex.EncodeToString(sum[:])
	if err := os.WriteFile(list, []byte(`{"sha256:`+hash+`": "`+own+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := program(t.Context(), []string{"PARLEY_TRUSTED_DOCUMENTS=" + list}, "schema", "--documents").Output()
	if err != nil {
		t.Fatal(err)
	}
	var documents map[string]string
	if err := json.Unmarshal(out, &documents); err != nil || documents[hash] != own || len(documents) < 20 {
		t.Fatalf("%d documents, %v: %.500s", len(documents), err, out)
	}
	env := []string{"PARLEY_DATA_DIR=" + t.TempDir(), "PARLEY_ADMIN_TOKEN=" + adminToken, "PARLEY_ALLOWED_ORIGINS=*"}
	open := startServer(t, env...)
	site := open.channel()
	open.kill()

	s := startServer(t, append(env, "PARLEY_TRUSTED_DOCUMENTS="+list)...)
	for sum, document := range documents {
		for way, body := range map[string]map[string]any{
			"in full":      {"query": document},
			"by id":        {"documentId": sum},
			"by long id":   {"documentId": "sha256:" + sum},
			"by extension": {"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": sum}}},
			"by long hash": {"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": "sha256:" + sum}}},
		} {
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.post(adminToken, "application/json", text); strings.Contains(fmt.Sprint(got.Errors), "PERSISTED") {
				t.Errorf("%s, %.40q: %s", way, document, got.Errors)
			}
		}
	}
	if got := s.post(adminToken, "application/json", []byte(`{"query":"{ viewer { id } }"}`)); !strings.Contains(fmt.Sprint(got.Errors), "PERSISTED_QUERY_NOT_IN_LIST") {
		t.Errorf("another document: %v", got.Errors)
	}

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
	ctx, cancel := context.WithTimeout(t.Context(), browsing)
	defer cancel()
	run := exec.CommandContext(ctx, node, "--test", folder+"/demo.test.mjs")
	run.Env = append(os.Environ(), "PARLEY_URL="+s.url, "PARLEY_TOKEN="+adminToken, "PARLEY_CHANNEL="+site.key, "CHROMIUM="+chromium)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
