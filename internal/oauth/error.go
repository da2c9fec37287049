package oauth

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Kinds of errors, for errors.Is. All but ErrTemporary stay until someone does
// something about them.
var (
	// ErrTemporary: the provider cannot be reached, or is in trouble. Try later.
	ErrTemporary = errors.New("the provider cannot be reached or has a problem")
	// ErrRevoked: the grant was revoked or has expired. Connect again.
	ErrRevoked = errors.New("the grant was revoked or has expired")
	// ErrScope: the user did not grant all that the mailbox needs.
	ErrScope = errors.New("access to the mail was not granted")
	// ErrNoRefresh: the provider gave no refresh token.
	ErrNoRefresh = errors.New("the provider gave no refresh token")
	// ErrDenied: the user, or a rule of their organization, refused.
	ErrDenied = errors.New("access was denied")
	// ErrStale: the code was used before, or too late, or not by who began.
	ErrStale = errors.New("the sign-in is no longer valid")
	// ErrIdentity: the provider's word on who signed in cannot be trusted.
	ErrIdentity = errors.New("the identity could not be verified")
	// ErrAddress: the identity has no address that the provider has verified.
	ErrAddress = errors.New("the account has no verified e-mail address")
	// ErrConfiguration: the client is unknown or wrongly set up. The operator's matter.
	ErrConfiguration = errors.New("the client is not configured correctly")
	// ErrRefused: the provider refused for a reason that has no kind of its own.
	ErrRefused = errors.New("the provider refused")
	// ErrNoRevocation: the provider offers no way to give a grant back.
	ErrNoRevocation = errors.New("the provider offers no revocation")
)

// Error is what this package returns when a provider fails, or refuses. It
// never has a token, a code or a secret.
type Error struct {
	// Kind is one of the Err… above.
	Kind error
	// Provider is the provider's name.
	Provider string
	// Code and Description are the provider's own words, in one line; they may be
	// empty. An administrator finds "AADSTS65001: …" there.
	Code, Description string
	// ByBrowser: the words came in the address with which a browser came back, which
	// anyone can write.
	ByBrowser bool
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// Missing are the scopes that were not granted (ErrScope).
	Missing []string
	// RetryAfter is how long the provider asked to be left alone (ErrTemporary).
	RetryAfter time.Duration

	cause error
}

// Error returns the provider's name, the kind, and the provider's words.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "oauth: %s: %s", e.Provider, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if len(e.Missing) > 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(e.Missing, ", "))
	}
	for _, s := range []string{e.Code, e.Description} {
		if s != "" {
			b.WriteString(": " + s)
		}
	}
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap returns the kind, and what failed below: the error of a connection.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// kinds reports what providers' error codes mean. Codes of RFC 6749 and OpenID,
// and some that Microsoft and Google send.
var kinds = map[string]error{
	"temporarily_unavailable":    ErrTemporary,
	"server_error":               ErrTemporary,
	"slow_down":                  ErrTemporary,
	"invalid_grant":              ErrRevoked,
	"access_denied":              ErrDenied,
	"consent_required":           ErrDenied,
	"interaction_required":       ErrDenied,
	"login_required":             ErrDenied,
	"account_selection_required": ErrDenied,
	"admin_policy_enforced":      ErrDenied,
	"invalid_client":             ErrConfiguration,
	"unauthorized_client":        ErrConfiguration,
	"invalid_scope":              ErrConfiguration,
	"redirect_uri_mismatch":      ErrConfiguration,
}

// kindOf judges an answer. What has no code of OAuth comes from something in
// between, and will pass.
func kindOf(code string, status int) error {
	if code == "" || status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout {
		return ErrTemporary
	}
	return cmp.Or(kinds[code], ErrRefused)
}

// failure turns an error of a token endpoint into an *Error without secrets.
func failure(p Provider, now time.Time, err error, secrets ...string) *Error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) {
		return &Error{
			Kind:        kindOf(answer.ErrorCode, answer.Response.StatusCode),
			Provider:    p.Name,
			Code:        clean(answer.ErrorCode, secrets),
			Description: clean(answer.ErrorDescription, secrets),
			Status:      answer.Response.StatusCode,
			RetryAfter:  retryAfter(answer.Response.Header, now),
		}
	}
	var connection *url.Error
	if errors.As(err, &connection) {
		return &Error{Kind: ErrTemporary, Provider: p.Name, cause: connection.Err}
	}
	// What was not understood is not quoted: it may be a token.
	return &Error{Kind: ErrTemporary, Provider: p.Name, Description: "the response cannot be read"}
}

// clean makes a provider's words fit to be shown: one line of at most 300
// characters, without the given secrets.
func clean(text string, secrets []string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.NewReplacer(s, "[secret]", url.QueryEscape(s), "[secret]").Replace(text)
		}
	}
	runes := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "))
	runes = slices.DeleteFunc(runes, func(r rune) bool { return r < ' ' || r == 0x7f })
	const most = 300
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

// retryAfter reads a Retry-After header: seconds or a date; at most an hour.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.Atoi(value); err == nil {
		wait = time.Duration(min(seconds, 3600)) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(wait, time.Hour))
}

// IsCode reports whether a code of an error is one that is known.
func IsCode(code string) bool { return kinds[code] != nil }
