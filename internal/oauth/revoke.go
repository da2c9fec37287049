package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// Revoke gives a grant back (RFC 7009), when a mailbox is disconnected. A grant
// that is no more is no error. ErrNoRevocation says that the provider offers
// none, as Microsoft does not: the user can withdraw it there. Google withdraws
// all that the user granted to this client.
func (c *Client) Revoke(ctx context.Context, p Provider, t Token) error {
	p, err := c.resolveEndpoints(ctx, p)
	if err != nil {
		return err
	}
	if p.RevokeURL == "" {
		return &Error{Kind: ErrNoRevocation, Provider: p.Name}
	}
	form := url.Values{"token": {t.Refresh}, "token_type_hint": {"refresh_token"}}
	if t.Refresh == "" {
		form = url.Values{"token": {t.Access}, "token_type_hint": {"access_token"}}
	}
	err = c.postRevocation(ctx, p, form)
	if err == nil {
		return nil
	}
	failed := failure(p, c.clock.Now(), err, t.Refresh, t.Access, p.ClientSecret)
	// Google's word for a token that is no more; the standard's is 200.
	if failed.Code == "invalid_token" || errors.Is(failed, ErrRevoked) {
		return nil
	}
	return failed
}

// postRevocation sends the form to the revocation endpoint. A refusal is an
// *oauth2.RetrieveError, as it is at the token endpoint.
func (c *Client) postRevocation(ctx context.Context, p Provider, form url.Values) error {
	if !p.BasicAuth {
		form.Set("client_id", p.ClientID)
		if p.ClientSecret != "" {
			form.Set("client_secret", p.ClientSecret)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p.BasicAuth {
		request.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret))
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	refused := &oauth2.RetrieveError{Response: response}
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	// What is no JSON has no code, and counts as trouble on the way.
	if body, err := io.ReadAll(response.Body); err == nil && json.Unmarshal(body, &answer) == nil {
		refused.ErrorCode, refused.ErrorDescription = answer.Code, answer.Description
	}
	return refused
}
