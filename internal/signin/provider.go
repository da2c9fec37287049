package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/identityprovider"
	"parley/ent/session"
	"parley/internal/account"
	"parley/internal/emailaddress"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/oauth"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	maxText    = 1000
	maxDomains = 100
	maxRoles   = 100
	maxTeams   = 100
)

// providers are listed by name.
var providers = store.Listing[ent.IdentityProvider]{
	Name: "identityProviders", Kind: id.IdentityProvider, Column: identityprovider.FieldName,
	Text: func(p *ent.IdentityProvider) string { return p.Name }, ID: func(p *ent.IdentityProvider) string { return p.ID },
}

// Providers returns a page of the account's identity providers by name.
func (s *Service) Providers(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.IdentityProvider], error) {
	return providers.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.IdentityProvider, error) {
		q := s.store.Client(ctx).IdentityProvider.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// CreateProvider connects an identity provider, whose issuer is asked for its endpoints
// first (AC-9). Errors: INVALID on issuer if it cannot be reached or calls itself otherwise;
// ALREADY_EXISTS on clientId.
func (s *Service) CreateProvider(ctx context.Context, in CreateIdentityProviderInput) (*ent.IdentityProvider, error) {
	if err := errors.Join(account.MayAdminister(ctx), account.MayOpenSessions(ctx)); err != nil {
		return nil, err
	}
	p := &ent.IdentityProvider{
		Issuer: strings.TrimSpace(in.Issuer), ClientID: strings.TrimSpace(in.ClientID), Enabled: true, AllowedDomains: in.AllowedDomains,
		CreateUsers: in.CreateUsers != nil && *in.CreateUsers, DefaultRole: vocab.RoleAgent, RoleMapping: in.RoleMapping,
		DefaultSeat: vocab.SeatNone, TeamClaim: orEmpty(in.TeamClaim), TeamMapping: in.TeamMapping,
	}
	if in.DefaultSeat != nil {
		p.DefaultSeat = *in.DefaultSeat
	}
	if in.DefaultRole != nil {
		p.DefaultRole = *in.DefaultRole
	}
	if in.RoleClaim != nil {
		p.RoleClaim = *in.RoleClaim
	}
	var err error
	p.Name, err = account.CleanName(in.Name, "name")
	text := orEmpty(in.ClientSecret)
	if err := errors.Join(err, cleanProvider(p), checkSecret(text), mappedTeams(ctx, s.store.Client(ctx), p.TeamMapping, nil)); err != nil {
		return nil, err
	}
	if err := s.checkIssuer(ctx, p, text); err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "createIdentityProvider", Key: in.IdempotencyKey, Input: in, Result: id.New(id.IdentityProvider)}
	made, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		p.ID = call.Result
		if err := mappedTeams(ctx, tx.Client, p.TeamMapping, nil); err != nil {
			return err
		}
		return s.insertProvider(ctx, tx, p, text)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).IdentityProvider.Get(ctx, made)
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func checkSecret(text string) error {
	if len(text) > maxText {
		return errs.Exceeds(maxText, "The client secret has %d characters; at most %d are allowed.", len(text), maxText).On("clientSecret")
	}
	return nil
}

// cleanProvider checks what a provider is to be.
func cleanProvider(p *ent.IdentityProvider) error {
	var faults []error
	if !p.FromEnvironment && !isIssuer(p.Issuer) {
		faults = append(faults, errs.New(errs.Invalid, "The issuer must be the provider's https address, without a query, such as https://login.example.com.").On("issuer"))
	}
	if !p.FromEnvironment && (p.ClientID == "" || len(p.ClientID) > maxText) {
		faults = append(faults, errs.New(errs.Invalid, "The client id must have 1 to %d characters: the provider gives one where this server is registered.", maxText).On("clientId"))
	}
	if p.RoleClaim = strings.TrimSpace(p.RoleClaim); len(p.RoleClaim) > maxText {
		faults = append(faults, errs.Exceeds(maxText, "The claim has %d characters; at most %d are allowed.", len(p.RoleClaim), maxText).On("roleClaim"))
	}
	if len(p.AllowedDomains) > maxDomains {
		faults = append(faults, errs.Exceeds(maxDomains, "There are %d domains; at most %d are allowed.", len(p.AllowedDomains), maxDomains).On("allowedDomains"))
	}
	domains := []string{}
	for i, domain := range p.AllowedDomains {
		domain = strings.ToLower(strings.TrimSpace(domain))
		if !emailaddress.Valid("x@" + domain) {
			faults = append(faults, errs.New(errs.Invalid, "%q is not a domain of e-mail addresses, such as \"example.com\".", errs.Clip(domain)).On("allowedDomains", fmt.Sprint(i)))
		}
		domains = append(domains, domain)
	}
	p.AllowedDomains = domains
	faults = append(faults, cleanTeamMapping(p)...)
	if len(p.RoleMapping) > maxRoles {
		faults = append(faults, errs.Exceeds(maxRoles, "There are %d values; at most %d are allowed.", len(p.RoleMapping), maxRoles).On("roleMapping"))
	}
	for i, m := range p.RoleMapping {
		if m.Value == "" || len(m.Value) > maxText {
			faults = append(faults, errs.New(errs.Invalid, "The value must have 1 to %d characters.", maxText).On("roleMapping", fmt.Sprint(i), "value"))
		}
	}
	if p.RoleMapping == nil {
		p.RoleMapping = []vocab.RoleMapping{}
	}
	if len(p.RoleMapping) > 0 && p.RoleClaim == "" {
		faults = append(faults, errs.New(errs.Required, "Say which claim has the values of roleMapping.").On("roleClaim"))
	}
	return errors.Join(faults...)
}

// isIssuer reports whether a text may be an issuer.
func isIssuer(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && u.RawQuery == "" && u.Fragment == "" && u.User == nil && len(text) <= maxText
}

// checkIssuer asks the issuer for its endpoints.
func (s *Service) checkIssuer(ctx context.Context, p *ent.IdentityProvider, text string) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err := s.o.OAuth.Check(ctx, oauth.ForPeople(p.Name, p.Issuer, p.ClientID, text))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, oauth.ErrConfiguration):
		return errs.New(errs.Invalid, "The issuer cannot be used: %s.", wordsOf(err)).On("issuer")
	}
	return errs.New(errs.Invalid, "The issuer does not answer at %s with the description of an OpenID provider: %s.",
		strings.TrimSuffix(p.Issuer, "/")+"/.well-known/openid-configuration", wordsOf(err)).On("issuer")
}

// wordsOf says what a provider's error is about.
func wordsOf(err error) string {
	var e *oauth.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "it did not answer in time"
	case !errors.As(err, &e):
		return "it cannot be reached"
	}
	words := []string{e.Kind.Error()}
	if e.ByBrowser { // which may have been given any words
		if oauth.IsCode(e.Code) {
			words = append(words, e.Code)
		}
		return strings.Join(words, ": ")
	}
	for _, more := range []string{e.Code, e.Description} {
		if more != "" {
			words = append(words, more)
		}
	}
	return errs.Clip(strings.Join(words, ": "))
}

// secretsOf is what a provider's secret is sealed for.
func secretsOf(providerID string) []byte {
	return []byte("identity_providers.client_secret/" + providerID)
}

func (s *Service) sealSecret(providerID, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return s.keys.Seal([]byte(text), secretsOf(providerID))
}

// openSecret returns the provider as OpenID is spoken with it.
func (s *Service) openSecret(p *ent.IdentityProvider) (oauth.Provider, error) {
	var text []byte
	if p.ClientSecret != "" {
		var err error
		if text, err = s.keys.Open(p.ClientSecret, secretsOf(p.ID)); err != nil {
			return oauth.Provider{}, fmt.Errorf("open the secret of %s: %w", p.ID, err)
		}
	}
	at := oauth.ForPeople(p.Name, p.Issuer, p.ClientID, string(text))
	for _, claim := range []string{p.RoleClaim, p.TeamClaim} {
		if claim != "" {
			at.NeededClaims = append(at.NeededClaims, claim)
		}
	}
	return at, nil
}

func (s *Service) insertProvider(ctx context.Context, tx *store.Tx, p *ent.IdentityProvider, text string) error {
	if err := clientIsFree(ctx, tx, p); err != nil {
		return err
	}
	sealed, err := s.sealSecret(p.ID, text)
	if err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.IdentityProviderCreated, SubjectID: p.ID})
	return tx.Client.IdentityProvider.Create().SetID(p.ID).SetName(p.Name).SetIssuer(p.Issuer).SetClientID(p.ClientID).SetClientSecret(sealed).
		SetEnabled(p.Enabled).SetFromEnvironment(p.FromEnvironment).SetAllowedDomains(p.AllowedDomains).SetCreateUsers(p.CreateUsers).
		SetDefaultRole(p.DefaultRole).SetRoleClaim(p.RoleClaim).SetRoleMapping(p.RoleMapping).
		SetDefaultSeat(cmp.Or(p.DefaultSeat, vocab.SeatNone)).SetTeamClaim(p.TeamClaim).SetTeamMapping(p.TeamMapping).SetCreatedAt(tx.Now()).Exec(ctx)
}

// clientIsFree refuses a client that another provider of the account is already.
func clientIsFree(ctx context.Context, tx *store.Tx, p *ent.IdentityProvider) error {
	taken, err := tx.Client.IdentityProvider.Query().
		Where(identityprovider.Issuer(p.Issuer), identityprovider.ClientID(p.ClientID), identityprovider.IDNEQ(p.ID)).Exist(ctx)
	if err == nil && taken {
		err = errs.New(errs.AlreadyExists, "The account has this client of this issuer already.").On("clientId")
	}
	return err
}

// UpdateProvider changes a provider. Issuer, client and secret of the one that the
// server's settings name stay theirs. Errors: NOT_ELIGIBLE on the field that the settings
// say, and on enabled for the last way in; those of CreateProvider.
func (s *Service) UpdateProvider(ctx context.Context, in UpdateIdentityProviderInput) (*ent.IdentityProvider, error) {
	if err := errors.Join(account.MayAdminister(ctx), account.MayOpenSessions(ctx)); err != nil {
		return nil, err
	}
	now, err := loadProvider(ctx, s.store.Client(ctx), in.IdentityProviderID)
	if err != nil {
		return nil, err
	}
	wanted, text, err := in.applyTo(now)
	if err != nil {
		return nil, err
	}
	if wanted.Issuer != now.Issuer {
		if err := s.checkIssuer(ctx, wanted, ""); err != nil {
			return nil, err
		}
	}
	call := idempotency.Call{Mutation: "updateIdentityProvider", Key: in.IdempotencyKey, Input: in, Result: in.IdentityProviderID}
	_, err = account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadProvider(ctx, tx.Client, in.IdentityProviderID)
		if err != nil {
			return err
		}
		after, _, err := in.applyTo(before)
		if err != nil {
			return err
		}
		if err := mappedTeams(ctx, tx.Client, after.TeamMapping, before.TeamMapping); err != nil {
			return err
		}
		if before.Enabled && !after.Enabled {
			if err := mayLoseWayIn(ctx, tx, before.ID, "enabled"); err != nil {
				return err
			}
		}
		return s.saveProvider(ctx, tx, before, after, text)
	})
	if err != nil {
		return nil, err
	}
	return loadProvider(ctx, s.store.Client(ctx), in.IdentityProviderID)
}

// applyTo returns the provider as the input wants it, and its new secret; nil: it keeps
// the one that it has.
func (in UpdateIdentityProviderInput) applyTo(before *ent.IdentityProvider) (*ent.IdentityProvider, *string, error) {
	p := *before
	var faults []error
	if name, err := opt.NotNull(in.Name, "name"); err != nil {
		faults = append(faults, err)
	} else if name != nil {
		p.Name, err = account.CleanName(*name, "name")
		faults = append(faults, err)
	}
	faults = append(faults, opt.Require(&p.Issuer, in.Issuer, "issuer"), opt.Require(&p.ClientID, in.ClientID, "clientId"),
		opt.Require(&p.Enabled, in.Enabled, "enabled"), opt.Require(&p.CreateUsers, in.CreateUsers, "createUsers"),
		opt.Require(&p.DefaultRole, in.DefaultRole, "defaultRole"), opt.Require(&p.DefaultSeat, in.DefaultSeat, "defaultSeat"))
	opt.Set(&p.RoleClaim, in.RoleClaim)
	opt.SetList(&p.AllowedDomains, in.AllowedDomains)
	opt.SetList(&p.RoleMapping, in.RoleMapping)
	opt.Set(&p.TeamClaim, in.TeamClaim)
	opt.SetList(&p.TeamMapping, in.TeamMapping)
	p.Issuer, p.ClientID = strings.TrimSpace(p.Issuer), strings.TrimSpace(p.ClientID)
	var text *string
	if in.ClientSecret.IsSet() {
		given := orEmpty(in.ClientSecret.Value())
		text = &given
		faults = append(faults, checkSecret(given))
	}
	if p.Issuer != before.Issuer && before.ClientSecret != "" && text == nil && !before.FromEnvironment {
		faults = append(faults, errs.New(errs.Required, "Another issuer has another secret: give it, or null if it has none.").On("clientSecret"))
	}
	if before.FromEnvironment {
		for field, changed := range map[string]bool{"issuer": p.Issuer != before.Issuer, "clientId": p.ClientID != before.ClientID, "clientSecret": text != nil} {
			if changed {
				faults = append(faults, errs.New(errs.NotEligible, "The server's settings say this: PARLEY_OIDC_ISSUER, PARLEY_OIDC_CLIENT_ID and PARLEY_OIDC_CLIENT_SECRET.").On(field))
			}
		}
	}
	return &p, text, errors.Join(append(faults, cleanProvider(&p))...)
}

func (s *Service) saveProvider(ctx context.Context, tx *store.Tx, before, after *ent.IdentityProvider, text *string) error {
	sealed := before.ClientSecret
	if text != nil {
		var err error
		if sealed, err = s.sealSecret(before.ID, *text); err != nil {
			return err
		}
	}
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("issuer", before.Issuer != after.Issuer)
	c.Named("clientId", before.ClientID != after.ClientID)
	c.Named("clientSecret", sealed != before.ClientSecret)
	c.Flag("enabled", before.Enabled, after.Enabled)
	c.Named("allowedDomains", !slices.Equal(before.AllowedDomains, after.AllowedDomains))
	c.Flag("createUsers", before.CreateUsers, after.CreateUsers)
	c.Value("defaultRole", string(before.DefaultRole), string(after.DefaultRole))
	c.Named("roleClaim", before.RoleClaim != after.RoleClaim)
	c.Named("roleMapping", !reflect.DeepEqual(before.RoleMapping, after.RoleMapping))
	c.Value("defaultSeat", string(before.DefaultSeat), string(after.DefaultSeat))
	c.Named("teamClaim", before.TeamClaim != after.TeamClaim)
	c.Named("teamMapping", !reflect.DeepEqual(before.TeamMapping, after.TeamMapping))
	if len(c) == 0 {
		return nil
	}
	if err := clientIsFree(ctx, tx, after); err != nil {
		return err
	}
	if before.Issuer != after.Issuer {
		if err := forgetIdentities(ctx, tx, before.ID); err != nil {
			return err
		}
	}
	if before.Issuer != after.Issuer || before.Enabled && !after.Enabled { // no one there ends them any more
		if err := account.EndSessions(ctx, tx, session.ProviderID(before.ID)); err != nil {
			return err
		}
	}
	tx.Append(ctx, store.Event{Type: vocab.IdentityProviderUpdated, SubjectID: after.ID, Changes: c})
	return tx.Client.IdentityProvider.UpdateOneID(after.ID).SetName(after.Name).SetIssuer(after.Issuer).SetClientID(after.ClientID).SetClientSecret(sealed).
		SetEnabled(after.Enabled).SetAllowedDomains(after.AllowedDomains).SetCreateUsers(after.CreateUsers).SetDefaultRole(after.DefaultRole).
		SetRoleClaim(after.RoleClaim).SetRoleMapping(after.RoleMapping).
		SetDefaultSeat(after.DefaultSeat).SetTeamClaim(after.TeamClaim).SetTeamMapping(after.TeamMapping).Exec(ctx)
}

// mayLoseWayIn refuses to take the last provider away while there are no sign-in links.
func mayLoseWayIn(ctx context.Context, tx *store.Tx, providerID, field string) error {
	a, err := tx.Client.Account.Get(ctx, viewer.FromContext(ctx).AccountID)
	if err != nil || a.SignInLinks {
		return err
	}
	others, err := tx.Client.IdentityProvider.Query().Where(identityprovider.Enabled(true), identityprovider.IDNEQ(providerID)).Exist(ctx)
	if err == nil && !others {
		err = errs.New(errs.NotEligible, "This is the only way to sign in: switch sign-in links on first (updateAccount).").On(field)
	}
	return err
}

// forgetIdentities forgets who is who at a provider, which another issuer does not know.
func forgetIdentities(ctx context.Context, tx *store.Tx, providerID string) error {
	for _, table := range []string{"user_identities", "sign_ins", "logout_tokens"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE provider_id = $1", providerID); err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
	}
	return nil
}

// DeleteProvider removes a provider; the sessions that began there end. Errors:
// NOT_ELIGIBLE on identityProviderId for the one of the server's settings, and the last way in.
func (s *Service) DeleteProvider(ctx context.Context, in DeleteIdentityProviderInput) error {
	call := idempotency.Call{Mutation: "deleteIdentityProvider", Key: in.IdempotencyKey, Input: in, Result: in.IdentityProviderID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		p, err := loadProvider(ctx, tx.Client, in.IdentityProviderID)
		if err != nil {
			return err
		}
		if p.FromEnvironment {
			return errs.New(errs.NotEligible, "The server's settings name this provider: remove PARLEY_OIDC_ISSUER, or disable it.").On("identityProviderId")
		}
		if err := mayLoseWayIn(ctx, tx, p.ID, "identityProviderId"); err != nil {
			return err
		}
		if err := account.EndSessions(ctx, tx, session.ProviderID(p.ID)); err != nil {
			return err
		}
		if err := forgetIdentities(ctx, tx, p.ID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.IdentityProviderDeleted, SubjectID: p.ID})
		return tx.Client.IdentityProvider.DeleteOneID(p.ID).Exec(ctx)
	})
	return err
}

func loadProvider(ctx context.Context, client *ent.Client, providerID string) (*ent.IdentityProvider, error) {
	if id.Is(providerID, id.IdentityProvider) {
		p, err := client.IdentityProvider.Get(ctx, providerID)
		if !ent.IsNotFound(err) {
			return p, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no identity provider %q.", errs.Clip(providerID)).On("identityProviderId")
}

// UseSettings makes the provider of the server's settings one of an account, or brings it
// up to date; without an issuer it is disabled. Several nodes may call it at once.
func (s *Service) UseSettings(ctx context.Context, accountID, issuer, clientID, clientSecret string) error {
	ctx = viewer.NewContext(ctx, viewer.System("settings", accountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		before, err := tx.Client.IdentityProvider.Query().Where(identityprovider.FromEnvironment(true)).First(ctx)
		switch {
		case ent.IsNotFound(err) && issuer == "":
			return nil
		case ent.IsNotFound(err):
			return s.insertProvider(ctx, tx, &ent.IdentityProvider{
				ID: id.New(id.IdentityProvider), Name: nameOf(issuer), Issuer: issuer, ClientID: clientID, Enabled: true, FromEnvironment: true,
				AllowedDomains: []string{}, DefaultRole: vocab.RoleAgent, RoleMapping: []vocab.RoleMapping{},
				DefaultSeat: vocab.SeatNone, TeamMapping: []vocab.TeamMapping{},
			}, clientSecret)
		case err != nil:
			return err
		}
		after := *before
		if issuer == "" {
			none := ""
			after.Enabled, after.ClientID = false, ""
			return s.saveProvider(ctx, tx, before, &after, &none)
		}
		after.Issuer, after.ClientID = issuer, clientID
		after.Enabled = before.Enabled || before.ClientID == "" // it was disabled for want of settings
		known, err := s.openSecret(before)
		if err == nil && known.ClientSecret == clientSecret {
			return s.saveProvider(ctx, tx, before, &after, nil)
		}
		return s.saveProvider(ctx, tx, before, &after, &clientSecret)
	})
}

// nameOf is what a provider is called whom no one gave a name: its host.
func nameOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return cmp.Or(u.Hostname(), issuer)
}
