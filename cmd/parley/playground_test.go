package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"parley/internal/clock"
	"parley/internal/demo"
)

// DX-6: in a browser, the playground begins with recipes, which run on demo data.
func TestPlaygroundInBrowser(t *testing.T) {
	t.Parallel()
	const folder = "../../internal/channel/chat/widget/browser"
	node, err := exec.LookPath("node")
	_, noDriver := os.Stat(folder + "/node_modules/playwright-core")
	_, noBrowser := os.Stat(chromium)
	if err := errors.Join(err, noDriver, noBrowser); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the playground must be tested here: %v (apt-get install npm chromium; scripts/widget.sh)", err)
		}
		t.Skipf("SKIPPED, the playground is not tested in a browser: %v (apt-get install npm chromium; scripts/widget.sh)", err)
	}
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		a.head() // the first account is there
		filled, err := demo.Fill(t.Context(), a.store, demo.Options{Conversations: 60, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), browsing)
		defer cancel()
		run := exec.CommandContext(ctx, node, "--test", folder+"/playground.test.mjs")
		run.Env = append(os.Environ(), "PARLEY_URL="+a.url, "PARLEY_TOKEN="+filled.AdminToken, "CHROMIUM="+chromium)
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
