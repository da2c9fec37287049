package scim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	scim "github.com/elimity-com/scim"
	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const (
	// Path is where the directory finds this.
	Path = "/scim/v2"
	// maxBody is the most bytes of a request.
	maxBody = 2 << 20
	// maxOperations is the most operations of a PATCH.
	maxOperations = 1000
	// maxResults is the most users or groups on a page.
	maxResults = 200
	// maxFilter is the most bytes of a filter.
	maxFilter = 1000
)

// Handler serves SCIM below Path, to the integration that a request's context has as its viewer.
type Handler struct {
	server scim.Server
	log    *slog.Logger
}

var _ http.Handler = (*Handler)(nil)

// New returns the handler. publicURL is where the directory reaches the server.
func New(accounts *account.Service, publicURL string, log *slog.Logger) (*Handler, error) {
	base := strings.TrimSuffix(publicURL, "/") + Path
	faults := &presenter{log}
	server, err := scim.NewServer(&scim.ServerArgs{
		ServiceProviderConfig: &scim.ServiceProviderConfig{
			DocumentationURI: optional.NewString(strings.TrimSuffix(publicURL, "/") + "/docs/scim.md"),
			AuthenticationSchemes: []scim.AuthenticationScheme{{
				Type: scim.AuthenticationTypeOauthBearerToken, Name: "API token", Primary: true,
				Description: "The token of an integration with the scope " + viewer.ScopeProvision + ".",
				SpecURI:     optional.NewString("https://www.rfc-editor.org/rfc/rfc6750"),
			}},
			MaxResults: maxResults, SupportFiltering: true, SupportPatch: true,
		},
		ResourceTypes: []scim.ResourceType{
			{
				ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Description: optional.NewString("A user of the account."),
				Schema: userSchema(), Handler: &users{accounts, base, faults},
			},
			{
				ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Description: optional.NewString("A team of the account."),
				Schema: groupSchema(), Handler: &groups{accounts, base, faults},
			},
		},
	}, scim.WithBaseURL(base))
	if err != nil {
		return nil, err
	}
	return &Handler{server, log}, nil
}

// ServeHTTP answers a directory.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	v := viewer.FromContext(r.Context())
	r = r.WithContext(viewer.NewContext(r.Context(), viewer.System("scim", v.AccountID).InNameOf(v)))
	at := *r.URL // the log of requests has the address as it came
	at.Path = strings.TrimSuffix(strings.TrimPrefix(at.Path, "/scim"), "/")
	r.URL = &at
	if len(r.URL.Query().Get("filter")) > maxFilter {
		fail(w, http.StatusBadRequest, "invalidFilter", "The filter has more than 1,000 bytes.")
		return
	}
	if r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			tooLarge(w, err)
			return
		}
		clean, empty, err := normalize(r.Method, strings.HasPrefix(r.URL.Path, "/v2/Groups"), body)
		if err != nil {
			h.refuse(r.Context(), w, err)
			return
		}
		if empty { // of all that is to be changed nothing is kept here
			r.Method, clean = http.MethodGet, nil
		}
		r.Body = io.NopCloser(bytes.NewReader(clean))
	}
	h.server.ServeHTTP(w, r)
}

func tooLarge(w http.ResponseWriter, err error) {
	var much *http.MaxBytesError
	if errors.As(err, &much) {
		fail(w, http.StatusRequestEntityTooLarge, "", "The request has more than 2 MiB. Send the members of a group in several requests.")
		return
	}
	fail(w, http.StatusBadRequest, "invalidSyntax", "The request was not received to its end.")
}

func (h *Handler) refuse(ctx context.Context, w http.ResponseWriter, err error) {
	e := (&presenter{h.log}).presentError(ctx, err)
	fail(w, e.Status, string(e.ScimType), e.Detail)
}

// Fail answers with an error in SCIM's form, of requests that do not come as far. kind is its scimType; "": it has none.
func (h *Handler) Fail(w http.ResponseWriter, status int, kind, detail string) {
	fail(w, status, kind, detail)
}

func fail(w http.ResponseWriter, status int, kind, detail string) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.Header().Set("Cache-Control", "no-store")
	body, err := scimerrors.ScimError{Status: status, ScimType: scimerrors.ScimType(kind), Detail: detail}.MarshalJSON()
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// presenter turns errors of use cases into those of SCIM.
type presenter struct{ log *slog.Logger }

func wrong(kind scimerrors.ScimType, detail string) error {
	return scimerrors.ScimError{Status: http.StatusBadRequest, ScimType: kind, Detail: detail}
}

// presentError returns an error as SCIM has it. What is Parley's own fault goes to the log.
func (t *presenter) presentError(ctx context.Context, err error) scimerrors.ScimError {
	var known scimerrors.ScimError
	if errors.As(err, &known) {
		return known
	}
	e := errs.Of(err)
	if e == nil {
		t.log.ErrorContext(ctx, "a request of a directory failed", "error", err)
		return scimerrors.ScimError{Status: http.StatusInternalServerError, Detail: "Something went wrong here. Try again."}
	}
	of := func(status int, kind scimerrors.ScimType) scimerrors.ScimError {
		return scimerrors.ScimError{Status: status, ScimType: kind, Detail: e.Message}
	}
	switch e.Code {
	case errs.AlreadyExists:
		return of(http.StatusConflict, scimerrors.ScimTypeUniqueness)
	case errs.LastAdmin:
		return of(http.StatusConflict, scimerrors.ScimTypeMutability)
	case errs.Unavailable, errs.Internal:
		t.log.ErrorContext(ctx, "a request of a directory failed", "error", err)
		return scimerrors.ScimError{Status: http.StatusInternalServerError, Detail: "The server is busy. Try again."}
	case errs.Forbidden:
		return of(http.StatusForbidden, "")
	case errs.NotFound:
		if len(e.Field) > 0 && (e.Field[0] == "userId" || e.Field[0] == "teamId") {
			return scimerrors.ScimError{Status: http.StatusNotFound, Detail: "There is no such resource."}
		}
	}
	return of(http.StatusBadRequest, scimerrors.ScimTypeInvalidValue)
}

// shown returns what of some attributes a request wants to see.
func shown(r *http.Request, all scim.ResourceAttributes) scim.ResourceAttributes {
	only, without := listOf(r, "attributes"), listOf(r, "excludedAttributes")
	if only == nil && without == nil {
		return all
	}
	seen := scim.ResourceAttributes{}
	for name, value := range all {
		if only != nil && !only[strings.ToLower(name)] || without[strings.ToLower(name)] {
			continue
		}
		seen[name] = value
	}
	return seen
}

// wants reports whether a request wants to see an attribute, in lower case.
func wants(r *http.Request, name string) bool {
	only, without := listOf(r, "attributes"), listOf(r, "excludedAttributes")
	return (only == nil || only[name]) && !without[name]
}

// listOf returns the attributes that a member of the query lists, in lower case, without what is within them; nil: it does not.
func listOf(r *http.Request, member string) map[string]bool {
	given := r.URL.Query().Get(member)
	if given == "" {
		return nil
	}
	list := map[string]bool{}
	for name := range strings.SplitSeq(given, ",") {
		attribute, _ := splitPath(name)
		list[attribute] = true
	}
	return list
}
