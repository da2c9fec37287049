// Package viewer says who calls. The HTTP server puts a Viewer into each
// request's context; background work names itself with System. Without a
// viewer in the context nothing can be read or written. It is a leaf.
package viewer

import (
	"context"
	"slices"
	"time"
)

// Kind is the kind of an actor, as the SDL's ActorKind has it, and "SYSTEM"
// for Parley's own background work.
type Kind string

// Kinds of actors.
const (
	Admin       Kind = "ADMIN"
	Agent       Kind = "AGENT"
	Integration Kind = "INTEGRATION"
	Bot         Kind = "BOT"
	Visitor     Kind = "VISITOR"
	Anyone      Kind = "ANYONE"
	SystemKind  Kind = "SYSTEM"
)

// Viewer is the caller, and what of the account they may see. It is a value:
// nothing in it changes while a request runs.
type Viewer struct {
	Kind      Kind
	AccountID string
	// ActorID is the user, integration, bot or visitor; for the system the name of the work, e.g. "bulk".
	ActorID string
	// InboxIDs are the inboxes whose conversations the viewer may see (AC-3, AC-12), sorted.
	InboxIDs []string
	// OwnContacts: of the account's contacts the viewer sees only those of InboxIDs and
	// those that they made, and an admin also those of no inbox (AC-14).
	OwnContacts bool
	// Scopes of the token that was presented; "*" grants all.
	Scopes []string
	// TokenID is the API token, session or visitor session that was presented.
	TokenID string
	// AppID is the app that acts for the user, within its scopes; "": none (AC-18).
	AppID string
	// CookieUnasked: the caller is no one, but sent a session's cookie without the header
	// that says that it is meant.
	CookieUnasked bool
	// ToolsOnly: the app was let in to the tools for language models, and to nothing else.
	ToolsOnly bool
	// ChannelID is a visitor's chat channel, or the custom channel to which an
	// integration's token is bound: it then sees nothing of other conversations (NT-4).
	ChannelID string
	// ExpiresAt is when the token ends; zero: never.
	ExpiresAt time.Time

	inNameOf   *Viewer
	everywhere bool
}

// System is Parley's own background work within one account. It sees every inbox.
func System(work, accountID string) *Viewer {
	return &Viewer{Kind: SystemKind, AccountID: accountID, ActorID: work, Scopes: []string{"*"}}
}

// Everywhere is Parley's own work that begins before an account is known: it
// finds the account of a token or of a channel's key, and makes new accounts.
// It passes the fence; nothing else may be done with it.
func Everywhere(work string) *Viewer {
	return &Viewer{Kind: SystemKind, ActorID: work, Scopes: []string{"*"}, everywhere: true}
}

// InNameOf returns the system's viewer v acting for another: what it does is
// recorded as the other's doing. A visitor's message, for example, may make a
// contact, which the visitor itself may not see.
func (v *Viewer) InNameOf(other *Viewer) *Viewer {
	c := *v
	c.inNameOf = other
	return &c
}

// Actor returns whose doing it is: v itself, or the one in whose name v acts.
func (v *Viewer) Actor() *Viewer {
	if v.inNameOf != nil {
		return v.inNameOf
	}
	return v
}

// PassesAccounts reports whether the viewer was made by Everywhere.
func (v *Viewer) PassesAccounts() bool { return v.everywhere }

// Anonymous is a caller without credentials.
func Anonymous() *Viewer { return &Viewer{Kind: Anyone} }

// IsUser reports whether the viewer is a person with a role.
func (v *Viewer) IsUser() bool { return v.Kind == Admin || v.Kind == Agent }

// IsStaff reports whether the viewer works for the account: anyone but visitors and strangers.
func (v *Viewer) IsStaff() bool { return v.Kind != Visitor && v.Kind != Anyone }

// AllInboxes reports whether the viewer administers every inbox of the account (AC-3).
func (v *Viewer) AllInboxes() bool { return v.Kind == Admin || v.Kind == SystemKind }

// InInbox reports whether the viewer may see the conversations of an inbox (AC-3).
func (v *Viewer) InInbox(inboxID string) bool {
	return v.Kind == SystemKind || slices.Contains(v.InboxIDs, inboxID)
}

// AsSystem returns a context in which Parley itself goes on with what the context's
// viewer began, in their name: it reads what they need not see, such as the contact that
// an address leads to.
func AsSystem(ctx context.Context, work string) context.Context {
	v := FromContext(ctx)
	if v == nil || v.Kind == SystemKind {
		return ctx
	}
	return NewContext(ctx, System(work, v.AccountID).InNameOf(v))
}

type key struct{}

// NewContext returns a context that has v.
func NewContext(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, key{}, v)
}

// FromContext returns the context's viewer, or nil.
func FromContext(ctx context.Context) *Viewer {
	v, _ := ctx.Value(key{}).(*Viewer)
	return v
}
