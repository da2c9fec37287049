package remoteimage_test

import (
	"testing"

	"parley/internal/remoteimage"
	"parley/internal/richtext"
)

// EM-11: without being asked for, nothing is loaded from another server.
func TestBlocked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ html, want string }{
		"none":           {`<p>Hello</p>`, `<p>Hello</p>`},
		"remote":         {`<p><img src="https://a.example/x.png" alt="A parcel"></p>`, `<p><img alt="A parcel"/></p>`},
		"by http":        {`<img src="http://a.example/x.png" alt="">`, `<img alt=""/>`},
		"capitals":       {`<img src=" HTTPS://a.example/x.png" alt="x">`, `<img alt="x"/>`},
		"own":            {`<img src="cid:logo" alt="x">`, `<img src="cid:logo" alt="x"/>`},
		"pixel":          {`Hi<img src="https://a.example/open?u=1" width="1" height="1">`, `Hi`},
		"pixel in px":    {`Hi<img src="https://a.example/open" width="600" height="2px">`, `Hi`},
		"hidden by zero": {`Hi<img src="https://a.example/open" height="0">`, `Hi`},
		"own pixel":      {`<img src="cid:logo" width="1" height="1">`, `<img src="cid:logo" width="1" height="1"/>`},
		"several":        {`<img src="https://a.example/1.png" alt="1">b<img src="cid:c" alt="2"><img src="https://a.example/3.png" alt="3">`, `<img alt="1"/>b<img src="cid:c" alt="2"/><img alt="3"/>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sanitised := richtext.Sanitize(c.html)
			got := remoteimage.Blocked(sanitised)
			if got != c.want {
				t.Errorf("Blocked(%q) = %q, want %q", sanitised, got, c.want)
			}
			if remoteimage.In(got) {
				t.Errorf("%q still has remote images", got)
			}
			if again := richtext.Sanitize(got); again != got {
				t.Errorf("%q is not sanitised: %q", got, again)
			}
		})
	}
}

// EM-11
func TestIn(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]bool{
		`<img src="https://a.example/x.png">`:                      true,
		`<img src="https://a.example/x.png" width="3" height="3">`: true,
		`<img src="https://a.example/x.png" width="1" height="1">`: false,
		`<img src="cid:logo">`:                                     false,
		`<a href="https://a.example/x.png">&lt;img&gt;</a>`:        false,
		``: false,
	} {
		if got := remoteimage.In(richtext.Sanitize(html)); got != want {
			t.Errorf("In(%q) = %t, want %t", html, got, want)
		}
	}
}
