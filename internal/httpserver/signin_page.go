package httpserver

import (
	"html/template"
	"net/http"

	"parley/internal/signin"
)

// signInPage is what the page shows: the ways in, that a mail is on its way, the form of a
// link, or why someone was not let in.
type signInPage struct {
	signin.Choices
	ReturnTo, Link, Refusal string
	Mailed                  bool
	// LinkUser is whom a link signs in; Instead is who is signed in, if that is someone else.
	LinkUser signin.LinkUser
	Instead  string
	// Heading is that of a refusal, if it is not of a sign-in.
	Heading string
	// Back is an app's address to which the user may go on, and Place what is shown of it.
	Back, Place string
}

// writeSignIn answers with a page. Its forms say where they come from, so that those of
// others are known.
func (c *Config) writeSignIn(w http.ResponseWriter, r *http.Request, status int, page signInPage) {
	setFormHeaders(w.Header())
	w.Header().Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	if err := signInTemplate.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

var signInTemplate = template.Must(template.New("sign-in").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>Parley: sign in</title>
<style>:root{color-scheme:light dark}*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}h1{font-size:1.5rem;overflow-wrap:anywhere}p{overflow-wrap:anywhere}label{display:block}input{font:inherit;width:100%;padding:.6rem;margin:.25rem 0 .75rem;border:1px solid;border-radius:.5rem;background:none;color:inherit}button,.button{font:inherit;display:block;width:100%;padding:.6rem 1rem;margin:.5rem 0;border:1px solid;border-radius:.5rem;text-align:center;text-decoration:none;color:inherit;background:none;cursor:pointer;overflow-wrap:anywhere}.or{text-align:center;margin:1.25rem 0 .75rem}</style>
{{if .Heading}}<h1>{{.Heading}}</h1><p role="alert">{{.Refusal}}</p>{{if .Back}}<p>If you know the app: <a href="{{.Back}}" rel="noreferrer">back to {{.Place}}</a></p>{{end}}
{{else if .Refusal}}<h1>You are not signed in</h1><p role="alert">{{.Refusal}}</p><p><a class="button" href="/auth/login">Begin again</a></p>
{{else if .Mailed}}<h1>Look into your mail</h1><p>If a user has this address, a link is on its way. It works once, for 15 minutes.</p>
{{else if .Link}}<h1>Sign in as {{.LinkUser.Name}}?</h1><p>The link is for <b>{{.LinkUser.Name}}</b> ({{.LinkUser.Email}}) in {{.LinkUser.AccountName}}. It works once. If that is not you, close this page.</p>
{{if .Instead}}<p role="alert">Someone else is signed in in this browser. They are signed out here then.</p>
{{end}}<form method="post" action="/auth/link"><input type="hidden" name="instead" value="{{.Instead}}"><input type="hidden" name="link" value="{{.Link}}"><input type="hidden" name="return" value="{{.ReturnTo}}"><button>{{if .Instead}}Sign in as {{.LinkUser.Name}} instead{{else}}Sign in{{end}}</button></form>
{{else}}<h1>Sign in to {{.Name}}</h1>
{{$to := .ReturnTo}}{{range .Providers}}<a class="button" href="/auth/login/{{.ID}}?return={{$to}}">Sign in with {{.Name}}</a>
{{end}}{{if .Links}}{{if .Providers}}<p class="or">or</p>
{{end}}<form method="post" action="/auth/login"><label for="email">Your e-mail address</label><input id="email" name="email" type="email" autocomplete="email" maxlength="254" required><input type="hidden" name="return" value="{{.ReturnTo}}"><button>Mail me a link</button></form>
{{else if not .Providers}}<p>There is no other way to sign in here yet than a token of yours, such as the one that was shown when Parley was started first: an admin can connect an identity provider, or make a link for you.</p>
<form method="post" action="/auth/token"><label for="token">Your API token</label><input id="token" name="token" type="password" autocomplete="off" maxlength="200" required><input type="hidden" name="return" value="{{.ReturnTo}}"><button>Sign in</button></form>{{end}}{{end}}
</html>
`))
