package main

import (
	"slices"
	"testing"

	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/job"
	"parley/internal/mail"
)

// Jobs may be queued under the names that these kinds had first.
func TestRenamedJobKindsKeepTheirOldNames(t *testing.T) {
	t.Parallel()
	for old, args := range map[string]job.Args{
		"send_mail":        mail.Notice{},
		"send_email":       deliver.SendArgs{},
		"ingest_mail":      receive.IngestArgs{},
		"reclassify_email": receive.ReclassifyArgs{},
		"revoke_grant":     settings.RevokeArgs{},
	} {
		renamed, ok := args.(interface{ KindAliases() []string })
		if !ok || !slices.Contains(renamed.KindAliases(), old) {
			t.Errorf("jobs queued as %s would not run as %s", old, args.Kind())
		}
	}
}
