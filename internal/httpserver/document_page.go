package httpserver

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"parley/internal/library"
)

// documentView is what the page of a link shows: a document, where it leads on, the question
// who opens it, or why there is nothing.
type documentView struct {
	library.Opened
	Token, Source, Download string
	// Shows says how the page shows the file; Size is how large it is.
	Shows, Size string
}

// waysToShow says how a page shows a file of a type: "image", "pdf", "video", "sound"; "":
// as a download.
func waysToShow(contentType string) string {
	group, _, _ := strings.Cut(contentType, "/")
	switch contentType {
	case "application/pdf":
		return "pdf"
	case "image/svg+xml":
		return ""
	}
	return map[string]string{"image": "image", "video": "video", "audio": "sound"}[group]
}

// documentScript reports how long the page was in sight: when it comes into sight, after five
// seconds, each half minute, and when it goes.
const documentScript = `(function () {
  var opening = document.body.dataset.opening, seconds = 0, reported = -1;
  if (!opening) return;
  function report() {
    if (seconds === reported) return;
    reported = seconds;
    var form = new URLSearchParams({ opening: opening, seconds: String(seconds) }), to = location.pathname + "/seen";
    if (!navigator.sendBeacon || !navigator.sendBeacon(to, form)) fetch(to, { method: "POST", body: form, keepalive: true }).catch(function () {});
  }
  function look() {
    if (document.visibilityState !== "visible") return report();
    if (reported < 0) report();
  }
  setInterval(function () {
    if (document.visibilityState !== "visible") return;
    seconds++;
    if (seconds === 5 || seconds % 30 === 0) report();
  }, 1000);
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", report);
  look();
})();`

const documentStyle = `:root{color-scheme:light dark}*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:flex;flex-direction:column}header,main,footer{padding:1rem;width:100%;max-width:60rem;margin:0 auto}main{flex:1;display:flex;flex-direction:column}h1{font-size:1.25rem;margin:0;overflow-wrap:anywhere}p{margin:.25rem 0 0;overflow-wrap:anywhere}iframe{flex:1;min-height:75vh;width:100%;border:1px solid}img,video{max-width:100%;height:auto;margin:0 auto}audio{width:100%}label{display:block}input{font:inherit;width:100%;max-width:24rem;padding:.6rem;margin:.5rem 0}button,.button{font:inherit;display:inline-block;padding:.6rem 1.2rem;border:1px solid;border-radius:.5rem;text-decoration:none;color:inherit;background:none;margin:.5rem .5rem 0 0}`

// integrity is what a policy admits a text of the page by.
func integrity(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// documentPolicy lets the page run its own script and show its own file, and nothing else;
// the file has a policy of its own.
var documentPolicy = "default-src 'none'; script-src " + integrity(documentScript) + "; style-src " + integrity(documentStyle) +
	"; img-src 'self'; media-src 'self'; frame-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// writeDocument answers with the page of a link, whose address is a secret.
func (c *Config) writeDocument(w http.ResponseWriter, r *http.Request, status int, view documentView) {
	h := w.Header()
	setFormHeaders(h)
	h.Set("Content-Security-Policy", documentPolicy)
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if err := documentPage.Execute(w, view); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// documentPage needs no script: that only reports how long it was in sight.
var documentPage = template.Must(template.New("document").Funcs(template.FuncMap{
	"script": func() template.JS { return documentScript }, "style": func() template.CSS { return documentStyle },
}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">{{with .Target}}<meta http-equiv="refresh" content="0;url={{.}}">{{end}}<title>{{.Title}}</title>
<style>{{style}}</style>
<body{{with .OpeningID}} data-opening="{{.}}"{{end}}>
<header dir="auto"><h1>{{.Title}}</h1>{{with .Description}}<p>{{.}}</p>{{end}}</header>
<main>{{if .AsksEmail}}<form method="post" action="/l/{{.Token}}">{{with .Refusal}}<p role="alert">{{.}}</p>{{end}}
<label for="email">Your e-mail address, which the sender of this link will see:</label>
<input id="email" name="email" type="email" autocomplete="email" maxlength="254" required><br><button>Continue</button></form>
{{else if .Target}}<p><a class="button" href="{{.Target}}">Open</a></p>
{{else if .File}}{{with .Shows}}{{if eq . "pdf"}}<iframe src="{{$.Source}}" title="{{$.Title}}"></iframe>
{{else if eq . "image"}}<img src="{{$.Source}}" alt="{{$.Title}}">
{{else if eq . "video"}}<video controls preload="none" playsinline{{with $.PictureURL}} poster="{{.}}"{{end}} src="{{$.Source}}"></video>
{{else}}<audio controls preload="none" src="{{$.Source}}"></audio>{{end}}{{end}}
<p>{{if eq .Shows "pdf"}}<a class="button" href="{{.Source}}">Open</a>{{end}}<a class="button" href="{{.Download}}" download>Download</a></p>
<p><bdi>{{.File.FileName}}</bdi>, {{.Size}}</p>{{end}}</main>
<script>{{script}}</script>
</body></html>
`))
