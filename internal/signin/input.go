package signin

import (
	"parley/internal/opt"
	"parley/internal/vocab"
)

// CreateIdentityProviderInput is the input of createIdentityProvider. A new provider.
type CreateIdentityProviderInput struct {
	Name           string
	Issuer         string
	ClientID       string
	ClientSecret   *string
	AllowedDomains []string
	CreateUsers    *bool
	DefaultRole    *vocab.UserRole
	RoleClaim      *string
	RoleMapping    []vocab.RoleMapping
	DefaultSeat    *vocab.Seat
	TeamClaim      *string
	TeamMapping    []vocab.TeamMapping
	IdempotencyKey *string
}

// UpdateIdentityProviderInput is the input of updateIdentityProvider. What is left out
// stays as it is.
type UpdateIdentityProviderInput struct {
	IdentityProviderID string
	Name               opt.Value[*string]
	Issuer             opt.Value[*string]
	ClientID           opt.Value[*string]
	ClientSecret       opt.Value[*string]
	Enabled            opt.Value[*bool]
	AllowedDomains     opt.Value[[]string]
	CreateUsers        opt.Value[*bool]
	DefaultRole        opt.Value[*vocab.UserRole]
	RoleClaim          opt.Value[*string]
	RoleMapping        opt.Value[[]vocab.RoleMapping]
	DefaultSeat        opt.Value[*vocab.Seat]
	TeamClaim          opt.Value[*string]
	TeamMapping        opt.Value[[]vocab.TeamMapping]
	IdempotencyKey     *string
}

// DeleteIdentityProviderInput is the input of deleteIdentityProvider. Which to delete.
type DeleteIdentityProviderInput struct {
	IdentityProviderID string
	IdempotencyKey     *string
}

// RequestSignInLinkInput is the input of requestSignInLink. Whom to mail a link.
type RequestSignInLinkInput struct {
	Email          string
	IdempotencyKey *string
}

// CreateSignInLinkInput is the input of createSignInLink. For whom the link is.
type CreateSignInLinkInput struct {
	UserID         string
	IdempotencyKey *string
}
