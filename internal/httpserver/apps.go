package httpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"github.com/rs/cors"

	"parley/internal/authserver"
	"parley/internal/errs"
	"parley/internal/pageurl"
	"parley/internal/viewer"
)

// Apps lets apps act for users (AC-18). Errors that the app is to read are
// *authserver.Refusal, and those that the user is to read *errs.Error.
type Apps interface {
	Issuer() string
	Register(ctx context.Context, in oauthex.ClientRegistrationMetadata) (*authserver.Registered, error)
	// Check checks a request for authorization; Ask, Grant and Denied go on with it, for
	// the context's user.
	Check(ctx context.Context, query url.Values) (*authserver.Request, error)
	Ask(ctx context.Context, r *authserver.Request) (authserver.Consent, error)
	Grant(ctx context.Context, r *authserver.Request, confirmed []string) (to string, err error)
	Denied(r *authserver.Request) *authserver.Refusal
	NeedsPage(r *authserver.Request) *authserver.Refusal
	UseCode(ctx context.Context, as authserver.Credentials, in authserver.Exchange) (*authserver.Tokens, error)
	Refresh(ctx context.Context, as authserver.Credentials, in authserver.Refreshing) (*authserver.Tokens, error)
	Revoke(ctx context.Context, as authserver.Credentials, token string) error
}

const (
	resourcePath = "/.well-known/oauth-protected-resource"
	serverPath   = "/.well-known/oauth-authorization-server"
	// maxRegistration is the most bytes of a registration.
	maxRegistration = 16 << 10
	// registerBurst is how many apps one network may register at once, and
	// registerPerSecond how many more after that.
	registerBurst     = 20
	registerPerSecond = 1.0 / 30
	// siteFactor is how many times as many all networks of a site may.
	siteFactor = 5
)

// routeApps serves what OAuth needs. Programs in browsers may call all but the page of
// consent, from any origin: nothing there is known by a cookie.
func (c *Config) routeApps(mux *http.ServeMux, s *streams) {
	if c.Apps == nil || c.SignIns == nil {
		return
	}
	anywhere := cors.New(cors.Options{
		AllowedOrigins: []string{"*"}, AllowedMethods: []string{http.MethodGet, http.MethodPost}, AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"Retry-After", "WWW-Authenticate"}, MaxAge: 600,
	})
	open := func(path, method string, serve http.HandlerFunc) {
		mux.Handle(path, anywhere.Handler(c.limited(s.gate, only(method, serve))))
	}
	open(resourcePath, http.MethodGet, c.describeResource(""))
	open(resourcePath+authserver.ToolsPath, http.MethodGet, c.describeResource(authserver.ToolsPath))
	open(serverPath, http.MethodGet, c.describeServer)
	open(serverPath+authserver.ToolsPath, http.MethodGet, c.describeServer)
	registrations := newLimiter(RateLimit{PerSecond: registerPerSecond, Burst: registerBurst}, c.Clock)
	fromSites := newLimiter(RateLimit{PerSecond: siteFactor * registerPerSecond, Burst: siteFactor * registerBurst}, c.Clock)
	open("/oauth/register", http.MethodPost, func(w http.ResponseWriter, r *http.Request) { c.registerApp(w, r, registrations, fromSites) })
	open("/oauth/token", http.MethodPost, c.giveTokens)
	open("/oauth/revoke", http.MethodPost, c.revokeTokens)
	mux.Handle("GET /oauth/authorize", c.limited(s.gate, http.HandlerFunc(c.showConsent)))
	mux.Handle("POST /oauth/authorize", c.limited(s.gate, c.fromOwnPage(s.origins, c.answerConsent)))
}

// only lets one method in.
func only(method string, serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method && (method != http.MethodGet || r.Method != http.MethodHead) {
			w.Header().Set("Allow", method)
			writeError(w, r, http.StatusMethodNotAllowed, errs.New(errs.BadUserInput, "Send this by %s.", method))
			return
		}
		serve(w, r)
	})
}

// limited charges requests whose header Authorization, if any, is no token's.
func (c *Config) limited(g *gate, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remote, nobody := remoteKey(r.RemoteAddr), viewer.Anonymous()
		m := g.meter(nobody, remote, w.Header())
		if wait := m.chargeRequest(); wait > 0 {
			c.failRateLimited(w, r, wait)
			return
		}
		next.ServeHTTP(w, r.WithContext(withMeter(viewer.WithRemote(viewer.NewContext(r.Context(), nobody), remote), m)))
	})
}

// here is the server's address as the caller has it: a server on this machine is known by
// each of its names.
func (c *Config) here(r *http.Request) string {
	issuer := c.Apps.Issuer()
	public, err := url.Parse(issuer)
	if err == nil && public.Scheme == "http" && public.Host != r.Host && pageurl.IsLoopback(public.Hostname()) && isDirectLoopback(r) {
		return "http://" + r.Host
	}
	return issuer
}

// describeResource says where to get tokens for a resource (RFC 9728).
func (c *Config) describeResource(path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		about := oauthex.ProtectedResourceMetadata{
			Resource: c.here(r) + path, AuthorizationServers: []string{c.Apps.Issuer()}, BearerMethodsSupported: []string{"header"},
			ResourceName: "Parley", ResourceDocumentation: c.Apps.Issuer() + "/docs/sign-in.md", ScopesSupported: authserver.Advertised,
		}
		if path == authserver.ToolsPath {
			about.ScopesSupported, about.ResourceName, about.ResourceDocumentation = authserver.ToolScopes, "Parley's tools", c.Apps.Issuer()+"/docs/mcp.md"
		}
		writeDocument(w, http.StatusOK, "max-age=300", about)
	}
}

// serverDocument is the SDK's, without a member that is empty: nothing is signed here.
type serverDocument struct {
	oauthex.AuthServerMeta
	// ClientDocuments: an app may call itself by the address of a document about it.
	ClientDocuments bool `json:"client_id_metadata_document_supported"`

	JWKSURI string `json:"jwks_uri,omitempty"`
}

// describeServer says how to get tokens (RFC 8414).
func (c *Config) describeServer(w http.ResponseWriter, _ *http.Request) {
	at := c.Apps.Issuer()
	writeDocument(w, http.StatusOK, "max-age=300", serverDocument{ClientDocuments: true, AuthServerMeta: oauthex.AuthServerMeta{
		Issuer: at, AuthorizationEndpoint: at + "/oauth/authorize", TokenEndpoint: at + "/oauth/token", RegistrationEndpoint: at + "/oauth/register",
		RevocationEndpoint: at + "/oauth/revoke", RevocationEndpointAuthMethodsSupported: authserver.Methods, ServiceDocumentation: at + "/docs/sign-in.md",
		ScopesSupported: authserver.Advertised, ResponseTypesSupported: []string{"code"}, ResponseModesSupported: []string{"query"},
		GrantTypesSupported: authserver.GrantTypes, TokenEndpointAuthMethodsSupported: authserver.Methods, CodeChallengeMethodsSupported: []string{"S256"},
		AuthorizationResponseIssParameterSupported: true,
	}})
}

func writeDocument(w http.ResponseWriter, status int, cache string, document any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", cache)
	body, err := json.Marshal(document)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"server_error"}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// appRefusal is the body of an error by RFC 6749, 5.2.
type appRefusal struct {
	Code string `json:"error"`
	Text string `json:"error_description,omitempty"`
}

// refuseApp answers an app whose request failed.
func (c *Config) refuseApp(w http.ResponseWriter, r *http.Request, err error) {
	known := authserver.AsRefusal(err)
	status := http.StatusBadRequest
	switch {
	case known == nil:
		c.Log.ErrorContext(r.Context(), "an app's request failed", "id", requestID(r.Context()), "error", err)
		known, status = &authserver.Refusal{Code: "server_error", Text: "Something went wrong here. Try again."}, http.StatusInternalServerError
	case known.Code == authserver.InvalidClient:
		status = http.StatusUnauthorized
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="Parley"`)
		}
	case known.Code == authserver.Unavailable:
		status = http.StatusServiceUnavailable
	}
	writeDocument(w, status, "no-store", appRefusal{known.Code, known.Text})
}

func (c *Config) registerApp(w http.ResponseWriter, r *http.Request, networks, sites *limiter) {
	wait := networks.takeCost(viewer.Remote(r.Context()), 1)
	if wait == 0 {
		wait = sites.takeCost(viewer.Site(r.Context()), 1)
	}
	if wait > 0 {
		setRetryAfter(w, wait)
		writeDocument(w, http.StatusTooManyRequests, "no-store", appRefusal{authserver.Unavailable, "Too many apps were registered from this network. Try again later."})
		return
	}
	invalid := func(text string) { c.refuseApp(w, r, &authserver.Refusal{Code: "invalid_client_metadata", Text: text}) }
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		invalid("Send the registration as application/json.")
		return
	}
	var in oauthex.ClientRegistrationMetadata
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRegistration)).Decode(&in); err != nil {
		invalid("The registration is not a JSON object with the members of RFC 7591, or has more than 16 kB.")
		return
	}
	made, err := c.Apps.Register(r.Context(), in)
	if err != nil {
		c.refuseApp(w, r, err)
		return
	}
	writeDocument(w, http.StatusCreated, "no-store", made)
}

// readTokenForm reads the form of an endpoint for tokens, with the app's credentials.
func readTokenForm(w http.ResponseWriter, r *http.Request) (authserver.Credentials, error) {
	invalid := func(text string) error { return &authserver.Refusal{Code: "invalid_request", Text: text} }
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return authserver.Credentials{}, invalid("Send the parameters as application/x-www-form-urlencoded.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSignInForm)
	if err := r.ParseForm(); err != nil {
		return authserver.Credentials{}, invalid("The form could not be read.")
	}
	for name, values := range r.PostForm {
		if len(values) > 1 && name != "resource" {
			return authserver.Credentials{}, invalid("A parameter is listed twice.")
		}
	}
	as := authserver.Credentials{ID: r.PostForm.Get("client_id"), Secret: r.PostForm.Get("client_secret")}
	if r.Header.Get("Authorization") == "" {
		return as, nil
	}
	user, password, ok := r.BasicAuth()
	id, err := url.QueryUnescape(user)
	text, err2 := url.QueryUnescape(password)
	if !ok || err != nil || err2 != nil || as.Secret != "" || as.ID != "" && as.ID != id {
		return as, &authserver.Refusal{Code: authserver.InvalidClient, Text: "Authenticate in one way: by the header Authorization (Basic), or by client_id and client_secret."}
	}
	return authserver.Credentials{ID: id, Secret: text}, nil
}

func (c *Config) giveTokens(w http.ResponseWriter, r *http.Request) {
	as, err := readTokenForm(w, r)
	if err != nil {
		c.refuseApp(w, r, err)
		return
	}
	var made *authserver.Tokens
	form := r.PostForm
	switch form.Get("grant_type") {
	case "authorization_code":
		made, err = c.Apps.UseCode(r.Context(), as, authserver.Exchange{
			Code: form.Get("code"), RedirectURI: form.Get("redirect_uri"), Verifier: form.Get("code_verifier"), Resources: form["resource"],
		})
	case "refresh_token":
		made, err = c.Apps.Refresh(r.Context(), as, authserver.Refreshing{Token: form.Get("refresh_token"), Scope: form.Get("scope"), Resources: form["resource"]})
	default:
		err = &authserver.Refusal{Code: "unsupported_grant_type", Text: "grant_type is authorization_code or refresh_token."}
	}
	if err != nil {
		c.refuseApp(w, r, err)
		return
	}
	w.Header().Set("Pragma", "no-cache")
	writeDocument(w, http.StatusOK, "no-store", made)
}

// revokeTokens signs an app out (RFC 7009).
func (c *Config) revokeTokens(w http.ResponseWriter, r *http.Request) {
	as, err := readTokenForm(w, r)
	if err == nil {
		err = c.Apps.Revoke(r.Context(), as, r.PostForm.Get("token"))
	}
	if err != nil {
		c.refuseApp(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
}

type toolsKey struct{}

// atTools marks requests to the tools for language models.
func atTools(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), toolsKey{}, true)))
	})
}

func isAtTools(ctx context.Context) bool { return ctx.Value(toolsKey{}) != nil }

// fitsResource refuses an app's token for the tools anywhere else. That for the API is good
// at the tools too, with what a model may do, as API tokens are: a client that knows no
// resources asks for none.
func (c *Config) fitsResource(ctx context.Context, v *viewer.Viewer) error {
	if !v.ToolsOnly || isAtTools(ctx) {
		return nil
	}
	return errs.New(errs.Unauthenticated, "This access token is for %s only. Ask for one without that resource.", authserver.ToolsPath)
}

// challenge is the header WWW-Authenticate, which leads programs to where tokens are had.
func (c *Config) challenge(r *http.Request, code string) string {
	var members []string
	if code != "" {
		members = append(members, fmt.Sprintf(`error="%s"`, code))
	}
	if c.Apps != nil && c.SignIns != nil {
		path := ""
		if isAtTools(r.Context()) {
			path = authserver.ToolsPath
		}
		members = append(members, fmt.Sprintf(`resource_metadata="%s%s%s"`, c.here(r), resourcePath, path))
		if path != "" {
			members = append(members, fmt.Sprintf(`scope="%s"`, strings.Join(authserver.ToolScopes, " ")))
		}
	}
	return strings.TrimSpace("Bearer " + strings.Join(members, ", "))
}
