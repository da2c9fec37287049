package slack

import (
	"errors"
	"net/http"
	"slices"
	"time"

	api "github.com/slack-go/slack"

	"parley/internal/egress"
)

// fault is what a failed request to Slack means.
type fault int

const (
	// faultUnknown: it may have been done or not, and may be tried again.
	faultUnknown fault = iota
	// faultLimited: it was not done; Slack asks for a pause.
	faultLimited
	// faultRevoked: the app has no access to the workspace any more.
	faultRevoked
	// faultChannel: the channel is not there for the app.
	faultChannel
	// faultGone: what it is about is not there any more.
	faultGone
	// faultDone: it was done before.
	faultDone
	// faultRefused: Slack does not take it, now or later.
	faultRefused
)

var (
	revokedCodes = []string{"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed", "org_login_required", "team_access_not_granted", "no_permission", "missing_scope"}
	channelCodes = []string{"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel"}
	goneCodes    = []string{"message_not_found", "thread_not_found", "cant_update_message", "cant_delete_message", "edit_window_closed", "file_not_found", "file_deleted", "no_item_specified", "bad_timestamp"}
	doneCodes    = []string{"already_reacted", "no_reaction", "already_in_channel"}
	laterCodes   = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited", "ratelimited", "rate_limited", "message_limit_exceeded"}
)

// faultOf says what an error of Slack's means. Only what Slack itself says refuses for good: a
// status without that may be a proxy's, or pass.
func faultOf(err error) fault {
	var limited *api.RateLimitedError
	var refused api.SlackErrorResponse
	var status api.StatusCodeError
	var guarded *egress.Error
	switch {
	case errors.As(err, &limited):
		return faultLimited
	case errors.As(err, &refused):
		return faultOfCode(refused.Err)
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return faultLimited
	case errors.As(err, &guarded):
		return faultLimited
	}
	return faultUnknown
}

func faultOfCode(code string) fault {
	for _, known := range []struct {
		codes []string
		means fault
	}{{revokedCodes, faultRevoked}, {channelCodes, faultChannel}, {goneCodes, faultGone}, {doneCodes, faultDone}, {laterCodes, faultUnknown}} {
		if slices.Contains(known.codes, code) {
			return known.means
		}
	}
	return faultRefused
}

// unsaidPause is how long to wait when there were too many requests, and it is not said for how
// long.
const unsaidPause = 30 * time.Second

// pauseOf is how long Slack asks to wait; zero: it does not.
func pauseOf(err error) time.Duration {
	var limited *api.RateLimitedError
	var status api.StatusCodeError
	switch {
	case errors.As(err, &limited):
		return max(limited.RetryAfter, time.Second)
	case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		return unsaidPause
	}
	return 0
}

// isCode reports whether Slack refused something with one of the codes.
func isCode(err error, codes ...string) bool {
	var refused api.SlackErrorResponse
	return errors.As(err, &refused) && slices.Contains(codes, refused.Err)
}

// sentenceOf says to people what a refusal of Slack's means.
func sentenceOf(err error) string {
	var refused api.SlackErrorResponse
	if !errors.As(err, &refused) {
		if faultOf(err) == faultLimited {
			return "Slack asks to wait. Try again shortly."
		}
		return "Slack cannot be reached at the moment. Try again shortly."
	}
	switch refused.Err {
	case "channel_not_found":
		return "Slack has no such channel, or a private one to which the app was not invited."
	case "not_in_channel":
		return "The app is not in the channel: invite it there."
	case "is_archived":
		return "The channel is archived."
	case "account_inactive", "invalid_auth", "token_revoked", "not_authed":
		return "The app was removed from the workspace: connect it again."
	case "missing_scope", "no_permission":
		return "The app has not got the permissions that it needs: connect the workspace again."
	}
	return "Slack refuses it: " + refused.Err + "."
}
