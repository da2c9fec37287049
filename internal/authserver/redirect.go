package authserver

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"parley/internal/pageurl"
)

var (
	// privateScheme is a scheme of a program's own (RFC 8252, 7.1): a reversed domain.
	privateScheme = regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$`)
	// knownSchemes are schemes without a dot of programs that are widely used. They are listed
	// one by one: javascript, data, file and the like have none either.
	knownSchemes = []string{"claude", "cursor", "raycast", "vscode", "vscode-insiders", "vscodium", "warp", "windsurf", "zed"}
	// answerMembers are what an answer adds to an address, which has none of them itself.
	answerMembers = []string{"code", "state", "iss", "error", "error_description"}
	// plainHost is a host that can stand in a header as it is.
	plainHost = regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
)

// parseRedirect reads an address to which browsers may be sent back, or says why it is none.
func parseRedirect(text string) (u *url.URL, why string) {
	if len(text) > maxRedirectSize || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`*\"<>^{|}`+"`", r) }) {
		return nil, "A redirect address has at most 500 plain characters, and no wildcard."
	}
	u, err := url.Parse(text)
	if err != nil || u.User != nil || strings.Contains(text, "#") {
		return nil, "A redirect address is a URL without user and fragment."
	}
	if slices.ContainsFunc(answerMembers, u.Query().Has) {
		return nil, "A redirect address has no member of an answer (code, state, iss, error) in its query."
	}
	switch {
	case u.Scheme == "https" && plainHost.MatchString(u.Host):
		return u, ""
	case u.Scheme == "http" && pageurl.IsLoopback(u.Hostname()) && plainHost.MatchString(u.Host):
		return u, ""
	case privateScheme.MatchString(u.Scheme) && (u.Host == "" || plainHost.MatchString(u.Host)):
		return u, ""
	case slices.Contains(knownSchemes, u.Scheme) && plainHost.MatchString(u.Host):
		return u, ""
	}
	return nil, "A redirect address is https, or http on this machine (http://127.0.0.1/...), or has a scheme of the app's own that contains a dot, such as com.example.app:/callback."
}

// onMachine reports whether an address is of a program on the machine of the browser, and of
// no site.
func onMachine(u *url.URL) bool { return u.Scheme != "https" }

// placeOf is what people see of a redirect address.
func placeOf(u *url.URL) string {
	if u.Scheme == "https" || u.Scheme == "http" {
		return u.Host
	}
	return u.Scheme + ":"
}

// allows reports whether an address is one of the app's: the same, but for the port on this
// machine, which programs take as they find one (RFC 8252, 7.3).
func (c *Client) allows(redirect string) bool {
	if slices.Contains(c.RedirectURIs, redirect) {
		_, why := parseRedirect(redirect)
		return why == ""
	}
	u, why := parseRedirect(redirect)
	if why != "" || u.Scheme != "http" {
		return false
	}
	return slices.ContainsFunc(c.RedirectURIs, func(registered string) bool {
		r, why := parseRedirect(registered)
		if why != "" || r.Scheme != "http" || r.Hostname() != u.Hostname() {
			return false
		}
		r.Host = u.Host
		return r.String() == u.String()
	})
}

// places are what people see of all redirect addresses, each once.
func (c *Client) places() []string {
	var all []string
	for _, text := range c.RedirectURIs {
		if u, why := parseRedirect(text); why == "" && !slices.Contains(all, placeOf(u)) {
			all = append(all, placeOf(u))
		}
	}
	return all
}

// answerTo adds an answer's members to a redirect address, whose own query stays as it is.
func answerTo(redirect string, members url.Values) string {
	given := url.Values{}
	for name, values := range members {
		if values[0] != "" {
			given[name] = values
		}
	}
	joint := "?"
	switch {
	case strings.HasSuffix(redirect, "?"), strings.HasSuffix(redirect, "&"):
		joint = ""
	case strings.Contains(redirect, "?"):
		joint = "&"
	}
	return redirect + joint + given.Encode()
}
