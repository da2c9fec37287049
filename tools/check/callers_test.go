package main

import "testing"

func TestCallers(t *testing.T) {
	t.Parallel()
	const declares = "package a\nfunc (k *Keyring) Stale() bool { return k.old }\n"
	for name, c := range map[string]struct {
		files []file
		want  string
	}{
		"nothing calls it": {[]file{fileOf("internal/a/a.go", declares)}, "internal/a/a.go:2: no delivered code calls Stale: remove it, or move it to a test"},
		"a test calls it": {
			[]file{fileOf("internal/a/a.go", declares), fileOf("internal/a/a_test.go", "package a\nvar _ = k.Stale()\n")},
			"internal/a/a.go:2: no delivered code calls Stale: remove it, or move it to a test",
		},
		"a comment names it":       {[]file{fileOf("internal/a/a.go", "package a\n// Stale is Stale.\nfunc Stale() {}\n")}, "internal/a/a.go:3: no delivered code calls Stale: remove it, or move it to a test"},
		"another package calls it": {[]file{fileOf("internal/a/a.go", declares), fileOf("internal/b/b.go", "package b\nvar _ = k.Stale()\n")}, ""},
		"it is not exported":       {[]file{fileOf("internal/a/a.go", "package a\nfunc stale() {}\n")}, ""},
		"a library calls it":       {[]file{fileOf("internal/a/a.go", "package a\nfunc (k *Keyring) LogValue() {}\n")}, ""},
		"generated code calls it":  {[]file{fileOf("graph/a.resolvers.go", declares)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := checkCallers(&repository{files: c.files})
			if err != nil {
				t.Fatal(err)
			}
			assertFinding(t, found, c.want)
		})
	}
}
