package signin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/oauth"
	"parley/internal/store"
	"parley/internal/vocab"
)

// admit returns the user who has an identity: who signed in with it before; else the one
// whose address the provider has verified, unless they are someone else there; else a new
// one, if the provider's rules make users (AC-9). The transaction holds the account's lock.
// Errors: FORBIDDEN.
func admit(ctx context.Context, tx *store.Tx, p *ent.IdentityProvider, who oauth.Identity) (*ent.User, error) {
	address, err := allowedAddress(p, who)
	if err != nil {
		return nil, err
	}
	u, err := knownUser(ctx, tx, p, who)
	if err != nil {
		return nil, err
	}
	if u == nil {
		if u, err = newcomer(ctx, tx, p, who, address); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO user_identities (provider_id, subject, account_id, user_id, created_at) VALUES ($1, $2, $3, $4, $5)",
			p.ID, who.Subject, p.AccountID, u.ID, int64(tx.Now())); err != nil {
			return nil, fmt.Errorf("keep who is who: %w", err)
		}
	}
	if u.DeactivatedAt.IsSet() {
		return nil, &refusal{errs.New(errs.Forbidden, "Your access has ended. Ask an admin of the account."), u}
	}
	if role := roleOf(p, who); role != "" {
		if u, err = account.GiveRole(ctx, tx, u, role); err != nil {
			return nil, err
		}
	}
	managed, wanted := teamsOf(p, who)
	return u, account.GiveTeams(ctx, tx, u, managed, wanted)
}

// allowedAddress returns the address that the provider has verified, in lower case; "":
// none. It refuses those of other domains, where domains are named.
func allowedAddress(p *ent.IdentityProvider, who oauth.Identity) (string, error) {
	address, err := account.CleanEmail(who.Address, "email")
	if err != nil || strings.ContainsFunc(who.Address, foldsToASCII) {
		address = ""
	}
	if len(p.AllowedDomains) == 0 {
		return address, nil
	}
	if address == "" {
		return "", unverified(p)
	}
	if domain := address[strings.LastIndexByte(address, '@')+1:]; !slices.Contains(p.AllowedDomains, domain) {
		return "", errs.New(errs.Forbidden, "Addresses at %s may not sign in here by %s.", domain, p.Name)
	}
	return address, nil
}

// foldsToASCII reports whether a letter is another one's in lower case, such as the Kelvin
// sign: the address would become someone else's.
func foldsToASCII(r rune) bool { return r > unicode.MaxASCII && unicode.ToLower(r) <= unicode.MaxASCII }

func unverified(p *ent.IdentityProvider) error {
	return errs.New(errs.Forbidden, "%s gave no e-mail address of yours that it has verified, so that you cannot be matched with a user. "+
		"Verify your address there, or ask an admin.", p.Name)
}

// knownUser returns the user who signed in with an identity before; nil: no one.
func knownUser(ctx context.Context, tx *store.Tx, p *ent.IdentityProvider, who oauth.Identity) (*ent.User, error) {
	found, err := tx.Strings(ctx, "SELECT user_id FROM user_identities WHERE provider_id = $1 AND subject = $2", p.ID, who.Subject)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return tx.Client.User.Get(ctx, found[0])
}

// newcomer returns the user of an address, or a new one.
func newcomer(ctx context.Context, tx *store.Tx, p *ent.IdentityProvider, who oauth.Identity, address string) (*ent.User, error) {
	if address == "" {
		return nil, unverified(p)
	}
	u, err := tx.Client.User.Query().Where(user.Email(address)).Only(ctx)
	switch {
	case ent.IsNotFound(err) && p.CreateUsers:
		role := p.DefaultRole
		if mapped := roleOf(p, who); mapped != "" {
			role = mapped
		}
		return account.AddUser(ctx, tx, who.Name, address, role, p.DefaultSeat)
	case ent.IsNotFound(err):
		return nil, errs.New(errs.Forbidden, "No user of this account has the address %s. Ask an admin to add you.", address)
	case err != nil:
		return nil, err
	}
	other, err := tx.Number(ctx, "SELECT COUNT(*) FROM user_identities WHERE user_id = $1 AND provider_id = $2", u.ID, p.ID)
	if err != nil {
		return nil, err
	}
	if other > 0 {
		return nil, &refusal{errs.New(errs.Forbidden, "The user with the address %s is someone else at %s. Ask an admin.", address, p.Name), u}
	}
	return u, nil
}

// roleOf is the role that the provider says: the highest of those that its claim's values
// have; "": it says none.
func roleOf(p *ent.IdentityProvider, who oauth.Identity) vocab.UserRole {
	if p.RoleClaim == "" || len(p.RoleMapping) == 0 || who.Elsewhere(p.RoleClaim) {
		return ""
	}
	role := p.DefaultRole
	found := false
	for _, m := range p.RoleMapping {
		if !slices.Contains(who.Values(p.RoleClaim), m.Value) {
			continue
		}
		if !found || m.Role == vocab.RoleAdmin {
			role = m.Role
		}
		found = true
	}
	return role
}

// refusal is why a user was not let in.
type refusal struct {
	error
	user *ent.User
}

// Unwrap returns the error that the caller gets.
func (r *refusal) Unwrap() error { return r.error }

// recordFailure records that a sign-in as a user failed, once an hour for each user and way:
// no one can fill the log with it (AC-17). way is the provider's id, or LINK.
func (s *Service) recordFailure(ctx context.Context, u *ent.User, way string) error {
	return s.store.WithTx(asSystem(ctx, u.AccountID), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AuditHourly(ctx, store.Audit{Action: vocab.AuditSignInFailed, SubjectID: u.ID, Detail: way})
		return err
	})
}
