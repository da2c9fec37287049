package paper_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"testing"
	"time"
	"unicode/utf16"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/quote"
	"parley/internal/quote/paper"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

var stream = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)

// unpacked are the streams of a PDF, as far as they are packed.
func unpacked(t *testing.T, pdf []byte) (all []byte) {
	t.Helper()
	for _, found := range stream.FindAllSubmatch(pdf, -1) {
		unpacking, err := zlib.NewReader(bytes.NewReader(found[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(unpacking)
		check.NoError(t, err)
		all = append(all, content...)
	}
	return all
}

// written is a text as the PDF has it.
func written(text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		for _, c := range []byte{byte(unit >> 8), byte(unit)} {
			if c == '(' || c == ')' || c == '\\' {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
	}
	return b
}

// CO-7: a quote is a PDF with its texts and amounts; characters that its fonts lack, and very
// long texts, do not break it.
func TestWrite(t *testing.T) {
	t.Parallel()
	content := vocab.QuoteContent{
		Title: "Größe, цена, €", Reference: "中文 😀", Currency: "EUR", Terms: "**Thirty** days {nb} \ue000.", SenderCompany: "Lamps & Co", RecipientName: "Eva", RecipientAddress: "Street 1\nVienna",
	}
	for range 60 {
		content.Lines = append(content.Lines, vocab.QuoteLine{
			Name: "Lamp", Description: string(bytes.Repeat([]byte("word "), 60)), Quantity: "2.5", UnitPrice: 123456, TaxPercent: "7.7", Interval: vocab.QuoteMonthly,
			Discount: vocab.QuoteDiscount{Percent: "5"},
		})
	}
	sums := check.Must(quote.Sum(&content))(t)
	page := &quote.Page{Number: 17, State: vocab.QuoteAccepted, Zone: time.UTC, Version: &ent.QuoteVersion{
		Number: 1, Content: content, Sums: *sums, PublishedAt: clock.Micros(1_700_000_000_000_000), AcceptedAt: clock.Micros(1_700_000_100_000_000), AcceptedName: "Eva Ek", AcceptedText: "I agree.",
	}}
	words := quote.Words{Quote: "Quote", Monthly: "each month", Total: "Total", Accepted: "Accepted on {date} by {name}.", Layout: "2006-01-02", Decimal: ",", Group: ".", Notice: "Not a payment."}
	var pdf, again bytes.Buffer
	check.NoError(t, paper.Write(&pdf, page, words, nil))
	check.NoError(t, paper.Write(&again, page, words, nil))
	if !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF-")) || !bytes.Equal(pdf.Bytes(), again.Bytes()) {
		t.Errorf("it is no PDF, or another one each time: %.20q", pdf.Bytes())
	}
	text := unpacked(t, pdf.Bytes())
	for _, want := range []string{"Größe,", "цена,", "€", "□□", "Lamp", "2,5", "1.234,56\u00a0EUR", "2.932,08\u00a0EUR", "Vienna", "Thirty", "{nb} □.", "Ek."} {
		if !bytes.Contains(text, written(want)) {
			t.Errorf("the PDF lacks %q", want)
		}
	}
}
