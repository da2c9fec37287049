package account_test

import (
	"testing"

	"parley/internal/account"
	"parley/internal/store"
)

// BenchmarkAuthenticate measures tokens checked on an embedded database; the
// budget is 10,000 a second.
func BenchmarkAuthenticate(b *testing.B) {
	s, err := store.Open(b.Context(), store.Options{File: b.TempDir() + "/parley.db"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p := account.New(s)
	first, err := p.FirstAccount(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := p.Authenticate(b.Context(), first.Token); err != nil {
				b.Error(err)
			}
		}
	})
}
