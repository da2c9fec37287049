package slack

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/ent/slackworkspace"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// installLife is how long an admin may take to install the app.
	installLife = 15 * time.Minute
	// InstallPath is where Slack sends the browser back.
	InstallPath = "/slack/oauth"
	// maxWorkspaces is how many an account may connect.
	maxWorkspaces = 20
)

// Scopes are what the app asks for.
var Scopes = []string{
	"channels:history", "channels:join", "channels:read", "chat:write", "files:read", "files:write", "groups:history", "groups:read", "im:history", "im:write", "metadata.message:read",
	"reactions:write", "users:read", "users:read.email",
}

// BeginInstall returns the address at which an admin installs the app (NT-2). Errors:
// NOT_ELIGIBLE without a Slack app; INVALID on returnUrl.
func (s *Service) BeginInstall(ctx context.Context, in BeginSlackInstallInput) (string, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return "", err
	}
	if err := s.isSetUp(); err != nil {
		return "", err
	}
	back, err := s.returnTo(in.ReturnURL)
	if err != nil {
		return "", err
	}
	v := viewer.FromContext(ctx)
	call := idempotency.Call{Mutation: "beginSlackInstall", Key: in.IdempotencyKey, Input: in, Result: id.New("slackinstall")}
	installID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO slack_installs (state_hash, account_id, user_id, token_id, return_url, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
			hashOf(s.stateOf(call.Result)), v.AccountID, v.Actor().ActorID, v.TokenID, back, int64(tx.Now().Add(installLife)))
		return err
	})
	if err != nil {
		return "", err
	}
	return s.authorizeURL(s.stateOf(installID)), nil
}

// stateOf is what comes back with the browser: a repeated call answers with the same.
func (s *Service) stateOf(installID string) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.HMAC("slack-install", []byte(installID)))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// authorizeURL is where the app is installed: beside the methods.
func (s *Service) authorizeURL(state string) string {
	base := strings.TrimSuffix(strings.TrimSuffix(s.options.APIURL, "/"), "/api")
	query := url.Values{"client_id": {s.options.ClientID}, "scope": {strings.Join(Scopes, ",")}, "state": {state}, "redirect_uri": {s.redirectURL()}}
	return base + "/oauth/v2/authorize?" + query.Encode()
}

func (s *Service) redirectURL() string {
	return strings.TrimSuffix(s.options.PublicURL, "/") + InstallPath
}

// returnTo checks where a browser goes from the callback: to pages of this server, or of a
// site that the operator trusts.
func (s *Service) returnTo(address *string) (string, error) {
	if address == nil || *address == "" {
		return "", nil
	}
	u, err := url.Parse(*address)
	if err != nil || u.Host == "" || u.User != nil || s.options.Trusts == nil || !s.options.Trusts(u) {
		return "", errs.New(errs.Invalid, "The browser may return only to pages of this server and of PARLEY_ALLOWED_ORIGINS.").On("returnUrl")
	}
	return u.String(), nil
}

// Returns says where a browser goes that came back from Slack: to the page that the admin
// named, with the query as it came; "" to none.
func (s *Service) Returns(ctx context.Context, query url.Values) (string, error) {
	found, err := s.store.Strings(everywhere(ctx), "SELECT return_url FROM slack_installs WHERE state_hash = $1 AND expires_at > $2", hashOf(query.Get("state")), int64(s.store.Now()))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errs.New(errs.NotFound, "This installation is unknown or has ended. Start again.")
	}
	if found[0] == "" {
		return "", nil
	}
	u, err := url.Parse(found[0])
	if err != nil {
		return "", err
	}
	q := u.Query()
	for _, name := range []string{"state", "code", "error"} {
		if value := query.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// FinishInstall ends what BeginInstall began, for the same admin with the same token alone,
// once. Errors: INVALID on state or code; NOT_ELIGIBLE without a Slack app.
func (s *Service) FinishInstall(ctx context.Context, in FinishSlackInstallInput) (*ent.SlackWorkspace, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	if err := s.isSetUp(); err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "finishSlackInstall", Key: in.IdempotencyKey, Input: in, Result: id.New(id.SlackWorkspace)}
	finished, err := s.redeem(ctx, call, in.State)
	if err != nil {
		return nil, err
	}
	if finished != "" {
		w, err := s.store.Client(ctx).SlackWorkspace.Get(ctx, finished)
		if ent.IsNotFound(err) {
			return nil, errs.New(errs.Invalid, "This installation was already used, and failed. Start again.").On("state")
		}
		return w, err
	}
	answer, err := api.GetOAuthV2ResponseContext(ctx, s.client, s.options.ClientID, s.options.ClientSecret, in.Code, s.redirectURL(), api.OAuthOptionAPIURL(s.options.APIURL))
	if err != nil {
		return nil, installFailed(err)
	}
	if err := checkGrant(answer); err != nil {
		return nil, err
	}
	return s.keepWorkspace(ctx, call, answer)
}

// redeem takes the install that the state names, once. Where the same call came before it
// returns the workspace that it was for.
func (s *Service) redeem(ctx context.Context, call idempotency.Call, state string) (finished string, err error) {
	v := viewer.FromContext(ctx)
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if finished, err = idempotency.Claim(ctx, tx, call.Mutation, call.Key, call.Input, call.Result); err != nil || finished != "" {
			return err
		}
		n, err := tx.Exec(ctx, "DELETE FROM slack_installs WHERE state_hash = $1 AND account_id = $2 AND user_id = $3 AND token_id = $4 AND expires_at > $5",
			hashOf(state), v.AccountID, v.Actor().ActorID, v.TokenID, int64(tx.Now()))
		if err == nil && n == 0 {
			err = errs.New(errs.Invalid, "This installation belongs to someone else, was already used or has expired. Start again.").On("state")
		}
		return err
	})
	return finished, err
}

// installFailed says to the admin what Slack refused.
func installFailed(err error) error {
	var refused api.SlackErrorResponse
	if !errors.As(err, &refused) {
		return errs.New(errs.Unavailable, "Slack cannot be reached at the moment. Start again shortly.")
	}
	switch refused.Err {
	case "invalid_code", "code_already_used", "bad_redirect_uri":
		return errs.New(errs.Invalid, "Slack does not take the code: %s. Start again.", refused.Err).On("code")
	}
	return errs.New(errs.Invalid, "Slack refused this server: %s. Its operator must check the Slack app.", refused.Err).On("code")
}

// checkGrant refuses an installation that lacks what Parley needs.
func checkGrant(answer *api.OAuthV2Response) error {
	if answer.IsEnterpriseInstall || answer.Team.ID == "" || answer.AccessToken == "" || answer.BotUserID == "" {
		return errs.New(errs.Invalid, "The app was installed for a whole organization, or not as a bot. Install it in one workspace.").On("code")
	}
	if answer.ExpiresIn > 0 || answer.RefreshToken != "" {
		return errs.New(errs.Invalid, "The Slack app has token rotation on, with which its access ends after some hours. The operator must make an app without it: it cannot be turned off.").On("code")
	}
	granted := strings.Split(answer.Scope, ",")
	var missing []string
	for _, scope := range Scopes {
		if !slices.Contains(granted, scope) {
			missing = append(missing, scope)
		}
	}
	if len(missing) > 0 {
		return errs.New(errs.Invalid, "The Slack app does not ask for %s. The operator must add that to it, and then start again.", strings.Join(missing, ", ")).On("code")
	}
	return nil
}

// keepWorkspace keeps a workspace with its new token.
func (s *Service) keepWorkspace(ctx context.Context, call idempotency.Call, answer *api.OAuthV2Response) (*ent.SlackWorkspace, error) {
	workspaceID, by := "", viewer.FromContext(ctx).Actor().ActorID
	name := strings.TrimSpace(errs.Clip(answer.Team.Name))
	if name == "" {
		name = answer.Team.ID
	}
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		old, err := tx.Client.SlackWorkspace.Query().Where(slackworkspace.TeamID(answer.Team.ID)).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		workspaceID = call.Result
		if old != nil {
			workspaceID = old.ID
		}
		sealed, err := s.keys.Seal([]byte(answer.AccessToken), tokenPlace(workspaceID))
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.SlackWorkspaceConnected, SubjectID: workspaceID})
		if old != nil {
			if err := call.Settle(ctx, tx, workspaceID); err != nil {
				return err
			}
			s.wakeAfter(tx, old.TeamID)
			if err := unpark(ctx, tx, "team_id", old.TeamID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE slack_removals SET due_at = $1, attempts = 0 WHERE team_id = $2 AND account_id = $3", int64(tx.Now()), old.TeamID, old.AccountID); err != nil {
				return err
			}
			return tx.Client.SlackWorkspace.Update().Where(slackworkspace.ID(old.ID)).SetName(name).SetBotUserID(answer.BotUserID).SetToken(sealed).
				SetState(vocab.SlackConnected).SetProblem("").SetConnectedBy(by).SetInstaller(answer.AuthedUser.ID).SetConnectedAt(tx.Now()).Exec(ctx)
		}
		if n, err := tx.Client.SlackWorkspace.Query().Count(ctx); err != nil {
			return err
		} else if n >= maxWorkspaces {
			return errs.New(errs.Invalid, "The account has %d Slack workspaces, which is the maximum. Disconnect one first.", n)
		}
		integrationID, err := integrationOf(ctx, tx)
		if err != nil {
			return err
		}
		return tx.Client.SlackWorkspace.Create().SetID(workspaceID).SetTeamID(answer.Team.ID).SetName(name).SetBotUserID(answer.BotUserID).SetToken(sealed).
			SetIntegrationID(integrationID).SetState(vocab.SlackConnected).SetConnectedBy(by).SetInstaller(answer.AuthedUser.ID).SetConnectedAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).SlackWorkspace.Get(ctx, workspaceID)
}

// eachRow reads the rows of a statement in a transaction.
func eachRow(ctx context.Context, tx *store.Tx, query string, args []any, scan func(entsql.ColumnScanner) error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
