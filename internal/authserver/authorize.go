package authserver

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"parley/ent"
	"parley/ent/oauthapp"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// challenge is a code challenge by S256 (RFC 7636): 32 bytes in base64.
var challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

const maxState = 1000

// Request is a request for authorization that was checked.
type Request struct {
	Client Client
	// RedirectURI is where the answer goes; Place is what people see of it.
	RedirectURI, Place string
	Kind               vocab.SessionKind
	// Scopes are what the app asks for.
	Scopes []string
	// NoPage: the app wants no page to be shown (prompt=none).
	NoPage bool

	state, challenge string
	// named: the app sent the redirect address, and did not leave out its only one.
	named bool
	// known: the account of the user who is signed in has the app already.
	known bool
	// onMachine: the answer goes to a program on the machine of the browser.
	onMachine bool
}

// once are the parameters that may come once.
var once = []string{"client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge", "code_challenge_method", "prompt", "response_mode"}

// Check checks a request for authorization. Errors: an *errs.Error for the person, as long
// as it is not proven that the address to go back to is the app's, UNAUTHENTICATED if they are to sign in first; then a Refusal with
// where it goes.
func (s *Service) Check(ctx context.Context, query url.Values) (*Request, error) {
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(query[name]) > 1 {
			return nil, errs.New(errs.Invalid, "The app sent %s twice. Begin again in the app.", name)
		}
	}
	ask := s.client
	if isDocument(query.Get("client_id")) {
		ask = s.currentDocument
	}
	c, err := ask(ctx, query.Get("client_id"))
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errs.New(errs.NotFound, "The app is not registered here: it may have been unused for long. Remove the connection in the app, and add it again.")
	}
	r := &Request{Client: *c, RedirectURI: query.Get("redirect_uri"), state: query.Get("state"), challenge: query.Get("code_challenge")}
	if r.named = r.RedirectURI != ""; !r.named && len(c.RedirectURIs) == 1 {
		r.RedirectURI = c.RedirectURIs[0]
	}
	if !c.allows(r.RedirectURI) {
		return nil, errs.New(errs.Invalid, "The app wants the answer to be sent to an address that it did not register. Nothing was sent there.")
	}
	u, _ := parseRedirect(r.RedirectURI)
	r.Place, r.onMachine = placeOf(u), onMachine(u)
	if v := viewer.FromContext(ctx); v != nil && v.IsUser() {
		if r.known, err = s.store.Client(ctx).OauthApp.Query().Where(oauthapp.ClientID(c.ID)).Exist(ctx); err != nil {
			return nil, err
		}
	}
	if refusal := s.checkRest(r, query); refusal != nil {
		return nil, s.refuseUnasked(r, refusal)
	}
	return r, nil
}

func (s *Service) checkRest(r *Request, query url.Values) (refusal *Refusal) {
	for _, name := range once {
		if len(query[name]) > 1 {
			return refuse(invalidRequest, name+" is listed twice.")
		}
	}
	switch {
	case len(r.state) > maxState:
		r.state = ""
		return refuse(invalidRequest, "state has at most 1000 characters.")
	case query.Get("response_type") != "code":
		return refuse("unsupported_response_type", "response_type must be code.")
	case query.Get("response_mode") != "" && query.Get("response_mode") != "query":
		return refuse(invalidRequest, "response_mode must be query.")
	case query.Get("code_challenge_method") != "S256" || !challenge.MatchString(r.challenge):
		return refuse(invalidRequest, "code_challenge is required, with code_challenge_method=S256 (PKCE).")
	case query.Has("request") || query.Has("request_uri"):
		return refuse("request_not_supported", "Send the request's parameters one by one.")
	}
	resources := named(query["resource"])
	if r.Kind, refusal = s.kindOf(resources); refusal != nil {
		return refusal
	}
	r.NoPage = slices.Contains(strings.Fields(query.Get("prompt")), "none")
	usual := ToolScopes
	if r.Kind == vocab.SessionOfApp && len(resources) > 0 {
		usual = apiScopes
	}
	if r.Scopes, refusal = scopesOf(query.Get("scope"), usual); refusal != nil {
		return refusal
	}
	if r.Kind == vocab.SessionOfTools {
		r.Scopes = forTools(r.Scopes) // what has no effect without `act` is not asked for
	}
	if len(r.Scopes) == 0 {
		return refuse(invalidScope, "None of the scopes does anything at "+ToolsPath+" without act: ask for "+strings.Join(ToolScopes, " ")+".")
	}
	return nil
}

// sendBack makes a refusal go to the app by the browser.
func (s *Service) sendBack(r *Request, refusal *Refusal) *Refusal {
	refusal.Redirect = answerTo(r.RedirectURI, url.Values{
		"error": {refusal.Code}, "error_description": {refusal.Text}, "state": {r.state}, "iss": {s.issuer},
	})
	return refusal
}

// OnMachine reports whether the answer goes to a program on the machine of the browser.
func (r *Request) OnMachine() bool { return r.onMachine }

// refuseUnasked makes a refusal go to the app before the user has answered: by the browser
// itself only if the account has the app, or if it is on the machine. Anyone can register
// an app, and Parley sends no browser to anyone's site by itself (RFC 9700, 4.11.2).
func (s *Service) refuseUnasked(r *Request, refusal *Refusal) *Refusal {
	refusal = s.sendBack(r, refusal)
	if !r.known && !r.onMachine {
		refusal.Link, refusal.Redirect, refusal.Place = refusal.Redirect, "", r.Place
	}
	return refusal
}

// Denied is the answer of a user who does not let the app in.
func (s *Service) Denied(r *Request) *Refusal {
	return s.sendBack(r, refuse(accessDenied, "The user does not let the app in."))
}

// NeedsPage is the answer to an app that wants no page to be shown. Consent is asked for
// each time: an app of anyone's could call itself by the name of one that was let in. Only
// an app that the account has learns from it that the user is signed in.
func (s *Service) NeedsPage(r *Request) *Refusal {
	code := "interaction_required"
	if r.known {
		code = "consent_required"
	}
	return s.refuseUnasked(r, refuse(code, "The user must see a page: ask again without prompt=none."))
}

// Consent is what a user is asked.
type Consent struct {
	UserName, UserEmail, AccountName string
	// New: no one of the account has connected the app.
	New bool
}

// Ask returns what the context's user is asked. Errors: FORBIDDEN if the account lets no
// new apps in.
func (s *Service) Ask(ctx context.Context, r *Request) (Consent, error) {
	v := viewer.FromContext(ctx)
	client := s.store.Client(ctx)
	u, err := client.User.Get(ctx, v.ActorID)
	if err != nil {
		return Consent{}, err
	}
	a, err := client.Account.Get(ctx, v.AccountID)
	if err != nil {
		return Consent{}, err
	}
	if !r.known && !a.NewApps {
		err = noNewApps(a)
	}
	return Consent{UserName: u.Name, UserEmail: u.Email, AccountName: a.Name, New: !r.known}, err
}

func noNewApps(a *ent.Account) error {
	return errs.New(errs.Forbidden, "The admins of %s have switched off that new apps are connected (Account.newApps). Ask one of them.", a.Name)
}

// Grant lets an app act for the context's user, who is signed in by a browser's session, and
// returns where the browser goes with the code. confirmed are those of the scopes that are
// granted by name only which the user ticked. Errors: FORBIDDEN; a Refusal if nothing is left.
func (s *Service) Grant(ctx context.Context, r *Request, confirmed []string) (string, error) {
	v := viewer.FromContext(ctx)
	granted := r.granted(confirmed)
	if len(granted) == 0 {
		return "", s.Denied(r)
	}
	redirect := r.RedirectURI
	if !r.named {
		redirect = ""
	}
	scopes, err := json.Marshal(granted)
	if err != nil {
		return "", err
	}
	code, hash := secret.NewToken(codePrefix)
	ctx = viewer.NewContext(ctx, viewer.System("sign-in", v.AccountID).InNameOf(v))
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		appID, err := ensureApp(ctx, tx, v.AccountID, &r.Client)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO oauth_codes (hash, account_id, app_id, client_id, user_id, browser_id, kind, scopes, redirect_uri, code_challenge, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, hash, v.AccountID, appID, r.Client.ID, v.ActorID, v.TokenID, string(r.Kind),
			string(scopes), redirect, r.challenge, int64(tx.Now().Add(codeLife)))
		return err
	})
	if err != nil {
		return "", err
	}
	return answerTo(r.RedirectURI, url.Values{"code": {code}, "state": {r.state}, "iss": {s.issuer}}), nil
}

// ensureApp returns the account's app of a registration, which is made if it is new.
func ensureApp(ctx context.Context, tx *store.Tx, accountID string, c *Client) (string, error) {
	if _, err := tx.Exec(ctx, "UPDATE oauth_clients SET used_at = $1 WHERE id = $2", int64(tx.Now()), c.ID); err != nil {
		return "", err
	}
	app, err := tx.Client.OauthApp.Query().Where(oauthapp.ClientID(c.ID)).Only(ctx)
	if err == nil {
		return app.ID, nil
	}
	if !ent.IsNotFound(err) {
		return "", err
	}
	a, err := tx.Client.Account.Get(ctx, accountID)
	if err != nil {
		return "", err
	}
	if !a.NewApps {
		return "", noNewApps(a)
	}
	made := id.New(id.OauthApp)
	tx.Append(ctx, store.Event{Type: vocab.OauthAppCreated, SubjectID: made})
	return made, tx.Client.OauthApp.Create().SetID(made).SetClientID(c.ID).SetName(c.Name).SetRedirectHosts(c.places()).SetCreatedAt(tx.Now()).Exec(ctx)
}
