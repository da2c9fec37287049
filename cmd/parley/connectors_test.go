package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/channeltest"
	"parley/internal/clock"
)

// connectorFolder is where the connectors of docs are.
const connectorFolder = "../../docs/connectors/"

func buildConnector(t *testing.T, name string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, connectorFolder+name).CombinedOutput(); err != nil {
		t.Fatalf("%s does not compile: %v\n%s", name, err, out)
	}
	return path
}

// killsOfConnectors is how often each is killed: PARLEY_CONNECTOR_KILLS, or a few times.
func killsOfConnectors(t *testing.T) int {
	t.Helper()
	if given := os.Getenv("PARLEY_CONNECTOR_KILLS"); given != "" {
		n, err := strconv.Atoi(given)
		ok(t, err)
		return n
	}
	return 5
}

// CC-5: both connectors of docs pass the published check, with a server of its own, which is
// killed too; and on both databases. What is skipped, their media do not have.
func TestConnectors(t *testing.T) {
	t.Parallel()
	for name, skipped := range map[string][]string{
		"telegram": {"unknown", "echoes", "window", "strangers"},
		"cloud":    {"changes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			built := buildConnector(t, name)
			cmd := program(t.Context(), nil, "channel-test", "--connector", built, "--medium", name, "--kills", strconv.Itoa(killsOfConnectors(t)), "--patience", "2m")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("\n%s", out)
			if got, want := bytes.Count(out, []byte("\nok "))+1, len(channeltest.Names())-len(skipped); got != want {
				t.Errorf("%d checks are ok, want %d", got, want)
			}
			eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
				results, err := channeltest.Run(t.Context(), channeltest.Options{
					Connector: built, Medium: name, URL: a.url, Token: adminToken, Folder: t.TempDir(), Kills: 3, Every: time.Second,
					Patience: 2 * time.Minute, Seed: 2, Clock: clock.System{}, Out: io.Discard, Log: io.Discard,
				})
				ok(t, err)
				for _, r := range results {
					want := channeltest.OK
					if r.Name == "restart" || slices.Contains(skipped, r.Name) {
						want = channeltest.Skipped
					}
					if r.Outcome != want {
						t.Errorf("%s: %s (%s), want %s", r.Name, r.Outcome, r.Why, want)
					}
				}
			})
		})
	}
}

// CC-5: the check fails, and says why, where a connector does nothing, may not call Parley, or is
// another medium's; and it says what it cannot run.
func TestChannelTestFindsFaults(t *testing.T) {
	t.Parallel()
	built, cloud := buildConnector(t, "telegram"), buildConnector(t, "cloud")
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "connector.sh")
		ok(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
		return path
	}
	for what, c := range map[string]struct{ connector, medium, only, want string }{
		"does nothing":       {"sleep 600", "telegram", "receive", "FAILED   receive"},
		"no channel":         {script("PARLEY_TOKEN=other exec " + built), "telegram", "receive", "FAILED   receive"},
		"another medium's":   {built, "cloud", "strangers", "TELEGRAM_TOKEN"}, // it says so, and ends
		"ends at once":       {script("echo out of order >&2; exit 4"), "telegram", "receive", "out of order"},
		"no journal":         {script("rm -f $STATE; exec " + built), "telegram", "kills", "doubled"},
		"another journal":    {script("rm -f $STATE; exec " + cloud), "cloud", "kills", "doubled"},
		"no such check":      {built, "telegram", "nothing", `there is no check "nothing"`},
		"no such medium":     {built, "pigeon", "receive", `there is no medium "pigeon"`},
		"no such connector":  {"/nowhere", "telegram", "receive", "/nowhere"},
		"no double is there": {built, "http://127.0.0.1:1", "receive", "the medium"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			patience := "3s"
			if c.only == "kills" {
				patience = "1m"
			}
			out, err := program(t.Context(), nil, "channel-test", "--connector", c.connector, "--medium", c.medium, "--only", c.only, "--patience", patience, "--kills", "8", "--every", "600ms").CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) {
				t.Errorf("%v, %s\nwant %q", err, out, c.want)
			}
		})
	}
}
