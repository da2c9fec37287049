package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// IdentityProvider is an OpenID provider at which users of the account sign in (AC-9).
type IdentityProvider struct{ ent.Schema }

// Mixin of IdentityProvider.
func (IdentityProvider) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of IdentityProvider.
func (IdentityProvider) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("issuer"),
		field.String("client_id"),
		field.String("client_secret").Default("").Sensitive().Comment("Sealed; empty: none."),
		field.Bool("enabled").Default(true),
		field.Bool("from_environment").Default(false).Comment("The server's settings say issuer, client and secret."),
		field.Strings("allowed_domains").Default([]string{}).Comment("The domains whose addresses may sign in; none: all."),
		field.Bool("create_users").Default(false).Comment("Whoever is unknown becomes a user."),
		field.String("default_role").GoType(vocab.UserRole("")).Default(string(vocab.RoleAgent)),
		field.String("role_claim").Default("").Comment("The claim that decides on the role; empty: none does."),
		field.JSON("role_mapping", []vocab.RoleMapping{}).Default([]vocab.RoleMapping{}),
		field.String("default_seat").GoType(vocab.Seat("")).Default(string(vocab.SeatNone)),
		field.String("team_claim").Default("").Comment("The claim that decides on teams; empty: none does."),
		field.JSON("team_mapping", []vocab.TeamMapping{}).Default([]vocab.TeamMapping{}),
		text("last_error"),
		instant("last_used_at"),
		made(),
	}
}

// Indexes of IdentityProvider.
func (IdentityProvider) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "name", "id"), index.Fields("account_id", "issuer", "client_id").Unique()}
}

// Session is a browser (AC-9), or an app (AC-18), in which a user is signed in. Only a hash of its cookie's secret is kept; those of an app's
// tokens are in a table of their own, and its own is of nothing.
type Session struct{ ent.Schema }

// Mixin of Session.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.String("user_id").Immutable(),
		reference("provider_id"),
		field.String("provider_session").Default("").Comment("The provider's own name of the session (sid)."),
		field.String("provider_subject").Default("").Comment("The provider's own name of the user (sub)."),
		field.Bytes("hash").Unique().Sensitive(),
		field.String("kind").GoType(vocab.SessionKind("")).Default(string(vocab.SessionOfBrowser)).Immutable(),
		reference("app_id"),
		field.Strings("scopes").Default([]string{}).Immutable().Comment("What the user grants the app; of a browser none: it may do what the user may."),
		field.String("user_agent").Default("").Comment("A short name, such as Firefox on Linux."),
		field.Int64("expires_at").GoType(clock.Micros(0)).Comment("However much it is used."),
		instant("last_seen_at"),
		instant("ended_at"),
		made(),
	}
}

// Indexes of Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "id"), index.Fields("user_id", "id"), index.Fields("provider_id", "provider_subject"), index.Fields("app_id", "id")}
}

// OauthApp is an app that users of the account have connected (AC-18). What it is, is known from its registration.
type OauthApp struct{ ent.Schema }

// Mixin of OauthApp.
func (OauthApp) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of OauthApp.
func (OauthApp) Fields() []ent.Field {
	return []ent.Field{
		field.String("client_id").Immutable(),
		field.String("name").Comment("As it calls itself."),
		field.Strings("redirect_hosts").Default([]string{}).Comment("Where browsers are sent back to: hosts, or schemes of programs."),
		made(),
	}
}

// Indexes of OauthApp.
func (OauthApp) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "client_id").Unique()}
}
