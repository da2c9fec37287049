package account_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// AC-19, AC-9: what a directory does is in events that say what their types say, and an old address is notified by mail.
func TestProvisioned(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.AuditLog()
		var notified []string
		o.people.UseInviting(account.Inviting{PublicURL: "https://parley.example.com", Post: func(_ *store.Tx, to, subject, _ string) {
			notified = append(notified, to+": "+subject)
		}})
		u := check.Must(o.people.ProvisionNew(o.Admin, account.Provisioned{Email: "dana@example.com", ExternalID: "e1", Name: vocab.DirectoryName{Display: "Dana"}}))(t)
		team := check.Must(o.people.ProvisionTeam(o.Admin, "", func(p *account.ProvisionedTeam) error {
			p.Name, p.ExternalID, p.Members = "Sales", "t1", []string{u.ID}
			return nil
		}))(t)
		check.Must(o.people.ProvisionTeam(o.Admin, team.ID, func(p *account.ProvisionedTeam) error {
			p.Name, p.ExternalID = "Selling", "t2"
			return nil
		}))(t)
		for _, active := range []bool{true, false, true} {
			u = check.Must(o.people.ProvisionUser(o.Admin, u.ID, func(p *account.Provisioned) error {
				p.Email, p.Role, p.Active = "dana.new@example.com", vocab.RoleAdmin, &active
				return nil
			}))(t)
		}
		if diff := cmp.Diff([]string{"dana@example.com: Your address was changed"}, notified); diff != "" {
			t.Error(diff)
		}
		check.NoError(t, o.people.ProvisionGone(o.Admin, u.ID))
		other := check.Must(o.people.ProvisionNew(o.Admin, account.Provisioned{Email: "other@example.com"}))(t)
		check.Must(o.people.ProvisionUser(o.Admin, other.ID, func(p *account.Provisioned) error {
			p.Email = "dana.new@example.com"
			return nil
		}))(t)
		if now := o.user(t, u.ID); !strings.HasSuffix(now.Email, "@removed.invalid") || now.ReturningTeamIds == nil {
			t.Errorf("who was deleted is %v", now)
		}
		check.NoError(t, o.people.ProvisionTeamGone(o.Admin, team.ID))
	})
}
