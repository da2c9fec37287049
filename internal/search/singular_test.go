package search_test

import (
	"testing"

	"parley/internal/search"
)

// AG-8: a question about several things finds what is written of one.
func TestSingular(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"parcels": "parcel", "deliveries": "deliver", "boxes": "box", "invoices": "invoic", "bestellungen": "bestellung",
		"lampen": "lamp", "bureaux": "bureau", "facturas": "factura", "days": "day", "plan": "plan", "bus": "bus", "parcel": "parcel", "": "",
	} {
		if got := search.Singular(word); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
