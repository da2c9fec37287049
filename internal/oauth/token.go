package oauth

import (
	"log/slog"
	"time"
)

// Token is the right to a mailbox. Marshalled to JSON it has its secrets, to
// be sealed; printed or logged it does not.
type Token struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
	// Issued is when the provider gave Access; Expiry is when it ends, zero if the
	// provider did not say.
	Issued time.Time `json:"issued"`
	Expiry time.Time `json:"expiry"`
	// Scopes are those that were granted.
	Scopes []string `json:"scopes,omitempty"`
}

// margin is how long before its end an access token is refreshed.
const margin = 2 * time.Minute

// due returns when the token is to be refreshed: two minutes before its end, or
// at half its life if that is short; zero if its end is not known.
func (t Token) due() time.Time {
	if t.Expiry.IsZero() {
		return time.Time{}
	}
	early := margin
	if !t.Issued.IsZero() {
		early = min(early, t.Expiry.Sub(t.Issued)/2)
	}
	return t.Expiry.Add(-early)
}

// String returns "[secret]".
func (t Token) String() string { return "[secret]" }

// GoString returns what String does.
func (t Token) GoString() string { return t.String() }

// LogValue returns what String does.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }
