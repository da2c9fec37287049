package paper_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/quote"
	"parley/internal/quote/paper"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// one is a WebP picture of one pixel.
const one = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

// CO-7: a PDF has the logo, of whatever kind it is, also such as PDFs do not have themselves.
func TestWriteLogo(t *testing.T) {
	t.Parallel()
	content := vocab.QuoteContent{Title: "Lamps", Currency: "EUR", Lines: []vocab.QuoteLine{{Name: "Lamp", Quantity: "1", UnitPrice: 100, TaxPercent: "0", Interval: vocab.QuoteOnce}}}
	sums := check.Must(quote.Sum(&content))(t)
	page := &quote.Page{Number: 1, State: vocab.QuotePublished, Zone: time.UTC, Version: &ent.QuoteVersion{Number: 1, Content: content, Sums: *sums}}
	var deep, photo bytes.Buffer
	check.NoError(t, png.Encode(&deep, image.NewNRGBA64(image.Rect(0, 0, 900, 300)))) // of 16 bits
	check.NoError(t, jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 3, 500)), nil))
	webp := check.Must(base64.StdEncoding.DecodeString(one))(t)
	for name, logo := range map[string][]byte{"PNG": deep.Bytes(), "JPEG": photo.Bytes(), "WebP": webp} {
		var pdf bytes.Buffer
		check.NoError(t, paper.Write(&pdf, page, quote.Words{Layout: time.DateOnly}, logo))
		if !bytes.Contains(pdf.Bytes(), []byte("/Subtype /Image")) || bytes.Count(pdf.Bytes(), []byte("/Type /Page\n")) != 1 {
			t.Errorf("%s: the PDF has no picture, or not one page", name)
		}
	}
	if err := paper.Write(&bytes.Buffer{}, page, quote.Words{}, deep.Bytes()[:200]); !errs.Is(err, errs.Invalid) {
		t.Errorf("half a picture: %v", err)
	}
}
