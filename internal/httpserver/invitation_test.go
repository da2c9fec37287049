package httpserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/httpserver"
)

// invitations are texts of invitations that hold, each once.
type invitations map[string]string

func (i invitations) AcceptInSession(_ context.Context, invitation, _ string) (account.Opened, error) {
	session, ok := i[invitation]
	if !ok {
		return account.Opened{}, errs.New(errs.Invalid, "The invitation does not hold.")
	}
	delete(i, invitation)
	return account.Opened{Secret: session, ExpiresAt: clock.System{}.Now().Add(account.SessionLife)}, nil
}

// AC-13: following the link uses nothing up; the form does, once.
func TestInvitationPage(t *testing.T) {
	t.Parallel()
	h, err := httpserver.New(httpserver.Config{
		Schema: newTestSchema(), Authenticator: tokens{}, Invitations: invitations{"invitation_x": "parleysession_secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		method, invitation string
		status             int
		want               string
	}{
		{http.MethodGet, "invitation_x", http.StatusOK, `value="invitation_x"`},
		{http.MethodGet, "invitation_x", http.StatusOK, `method="post"`},
		{http.MethodGet, `"><script>`, http.StatusOK, "&lt;script&gt;"},
		{http.MethodPost, "invitation_y", http.StatusBadRequest, "does not hold"},
		{http.MethodPost, "", http.StatusBadRequest, "does not hold"},
		{http.MethodPost, strings.Repeat("x", 5000), http.StatusBadRequest, "could not be read"},
		{http.MethodPost, "invitation_x", http.StatusOK, "You are signed in"},
		{http.MethodPost, "invitation_x", http.StatusBadRequest, "does not hold"},
	} {
		form := url.Values{"invitation": {step.invitation}}.Encode()
		r := httptest.NewRequest(step.method, "/invitation?"+form, nil)
		if step.method == http.MethodPost {
			r = httptest.NewRequest(step.method, "/invitation", strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.want) || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s %.20q: status %d, body %s", step.method, step.invitation, w.Code, w.Body)
		}
		cookie := w.Header().Get("Set-Cookie")
		if opened := strings.Contains(step.want, "signed in"); strings.HasPrefix(cookie, "parley_session=parleysession_secret; Path=/; Max-Age=") != opened ||
			strings.HasSuffix(cookie, "; HttpOnly; SameSite=Lax") != opened {
			t.Errorf("%s %.20q: got the cookie %q", step.method, step.invitation, cookie)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control is %q", got)
		}
	}
}
