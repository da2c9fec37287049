package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
)

// picture is a PNG of a size.
func picture(t *testing.T, wide, high int) string {
	t.Helper()
	drawn := image.NewNRGBA(image.Rect(0, 0, wide, high))
	for i := range min(wide, high) {
		drawn.Set(i, i, color.NRGBA{R: 200, A: 255})
	}
	var b bytes.Buffer
	ok(t, png.Encode(&b, drawn))
	return b.String()
}

// uploads sends a file for a conversation, and returns the id of its upload.
func (a *api) uploads(conversationID, name, content string) string {
	a.t.Helper()
	return text(a.upload(adminToken, staffUpload, name, content, map[string]any{"to": map[string]any{"conversationId": conversationID}}).Data, "uploadAttachment", "attachment", "id")
}

// CO-7: a quote has a logo, which is frozen with each version, is shown on its page and in its
// PDF and goes with it; new quotes take the account's.
func TestQuoteLogo(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now().Truncate(time.Second))
	eachOffering(t, turned, func(t *testing.T, o *offering) {
		chat := o.channel().chat("Hello")
		square, wide := picture(t, 40, 40), picture(t, 300, 60)
		first, second := o.uploads(chat.conversationID, "square.png", square), o.uploads(chat.conversationID, "wide.png", wide)
		logo := "content { senderLogo { id fileName contentType width height } }"
		made := text(o.makes("createQuote", "contactId", o.contactID, "title", "Lamps", "currency", "EUR", "lines", []any{lamp}, "senderLogoId", first), "id")
		if got, want := o.shows(made, logo), "map[content:map[senderLogo:map[contentType:image/png fileName:square.png height:40 id:"+first+" width:40]]]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		link := text(o.makes("publishQuote", "quoteId", made), "url")
		page := o.fetches(link, nil)
		if !strings.Contains(page.body, `<img class="logo" src="/q/`) || !strings.Contains(page.header.Get("Content-Security-Policy"), "; img-src 'self'") {
			t.Errorf("the page: %v\n%s", page.header, page.body)
		}
		shown := o.fetches(link+"/logo", nil)
		if shown.body != square || shown.header.Get("Content-Type") != "image/png" || shown.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the logo: %d %v", shown.status, shown.header)
		}
		pdf := o.fetches(link+"/pdf", nil)
		if !strings.Contains(pdf.body, "/Subtype /Image") {
			t.Errorf("the PDF has no picture: %d, %d bytes", pdf.status, len(pdf.body))
		}

		// What is published stays as it was until it is published again.
		if got := o.makes("updateQuote", "quoteId", made, "senderLogoId", second); got["changed"] != true {
			t.Errorf("changed: %v", got)
		}
		if o.fetches(link+"/logo", nil).body != square {
			t.Error("the version shows another logo")
		}
		o.makes("publishQuote", "quoteId", made)
		if o.fetches(link+"/logo", nil).body != wide {
			t.Error("the new version shows the old logo")
		}
		o.makes("updateQuote", "quoteId", made, "senderLogoId", nil)
		o.makes("publishQuote", "quoteId", made)
		if got := o.fetches(link+"/logo", nil); got.status != http.StatusNotFound || strings.Contains(o.fetches(link, nil).body, "<img") {
			t.Errorf("a version without a logo: %d", got.status)
		}
		if got := fmt.Sprint(at(o.do(adminToken, `query($id: ID!) { quote(id: $id) { versions { nodes { content { senderLogo { fileName } } } } } }`, map[string]any{"id": made}), "quote", "versions", "nodes")); got !=
			"[map[content:map[senderLogo:<nil>]] map[content:map[senderLogo:map[fileName:wide.png]]] map[content:map[senderLogo:map[fileName:square.png]]]]" {
			t.Errorf("versions: %s", got)
		}

		// The account's logo is that of new quotes, after its upload was removed too.
		setting := func(pairs ...any) string { return o.codes(adminToken, "setQuoteLogo", "SetQuoteLogoInput", pairs...) }
		if got := setting("logoId", first); got != "" {
			t.Fatalf("setQuoteLogo: %s", got)
		}
		if got := fmt.Sprint(at(o.do(adminToken, `{ viewer { account { quoteLogo { fileName } } } }`, nil), "viewer", "account", "quoteLogo")); got != "map[fileName:square.png]" {
			t.Errorf("the account's: %s", got)
		}
		taken := o.makes("createQuote", "contactId", o.contactID, "title", "More", "currency", "EUR", "lines", []any{lamp})
		none := o.makes("createQuote", "contactId", o.contactID, "title", "None", "currency", "EUR", "lines", []any{lamp}, "senderLogoId", nil)
		if got := o.shows(text(taken, "id"), logo); !strings.Contains(got, "square.png") {
			t.Errorf("a new quote: %s", got)
		}
		if got := o.shows(text(none, "id"), logo); !strings.Contains(got, "<nil>") {
			t.Errorf("a quote without: %s", got)
		}
		if got := setting("logoId", nil); got != "" {
			t.Errorf("removed: %s", got)
		}
		address := text(at(o.do(adminToken, `query($id: ID!) { quote(id: $id) { content { senderLogo { url } } } }`, map[string]any{"id": taken["id"]}), "quote", "content", "senderLogo"), "url")
		if o.fetches(address, nil).body != square {
			t.Error("the address of the logo shows something else")
		}
		other := text(o.makes("createQuote", "contactId", o.contactID, "title", "Lent", "currency", "EUR", "lines", []any{lamp}, "senderLogoId", first), "id")
		lent := text(o.makes("publishQuote", "quoteId", other), "url")
		for _, gone := range []any{made, taken["id"]} {
			if got := o.codes(adminToken, "deleteQuote", "DeleteQuoteInput", "quoteId", gone); got != "" {
				t.Errorf("deleteQuote: %s", got)
			}
		}
		if o.fetches(lent+"/logo", nil).body != square {
			t.Error("the logo went with another quote")
		}

		// Bad input.
		var photo bytes.Buffer
		ok(t, jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
		for name, of := range map[string]struct {
			file, content, want string
		}{
			"JPEG": {"a.jpg", photo.String(), ""}, "text": {"a.png", "hello", "INVALID"}, "half a picture": {"a.png", wide[:len(wide)/2], "INVALID"},
			"wide": {"a.png", picture(t, 2001, 1), "INVALID"}, "GIF": {"a.gif", "GIF89a\x01\x00\x01\x00\x00\x00\x00;", "INVALID"},
		} {
			if got := o.codes(adminToken, "updateQuote", "UpdateQuoteInput", "quoteId", other, "senderLogoId", o.uploads(chat.conversationID, of.file, of.content)); got != of.want {
				t.Errorf("%s: %q, want %q", name, got, of.want)
			}
		}
		for _, id := range []string{"attachment_00000000000000000000000000", other, "x"} {
			if got := o.codes(adminToken, "updateQuote", "UpdateQuoteInput", "quoteId", other, "senderLogoId", id); got != "NOT_FOUND" {
				t.Errorf("%s: %s", id, got)
			}
		}
	})
}

// CO-7: what the page of a quote refuses is said in its words.
func TestQuoteRefusalsHaveLanguages(t *testing.T) {
	t.Parallel()
	eachOffering(t, clock.At(time.Now().Truncate(time.Second)), func(t *testing.T, o *offering) {
		made := text(o.makes("createQuote", "contactId", o.contactID, "title", "Lamps", "currency", "EUR", "lines", []any{lamp}, "language", "fr"), "id")
		link := text(o.makes("publishQuote", "quoteId", made), "url")
		o.makes("revokeQuote", "quoteId", made)
		for address, want := range map[string]string{link: "L’expéditeur a retiré ce devis.", link + "/pdf": "L’expéditeur a retiré ce devis.", o.url + "/q/none": "Dieses Angebot gibt es nicht"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
			ok(t, err)
			request.Header.Set("Accept-Language", "de-AT,en;q=0.5")
			if status, body := o.sends(request); status != http.StatusNotFound || !strings.Contains(body, want) {
				t.Errorf("%s: %d, it lacks %q:\n%s", address, status, want, body)
			}
		}
	})
}
