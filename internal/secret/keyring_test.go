package secret_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parley/internal/secret"
)

// ring returns a keyring of the given keys.
func ring(t *testing.T, keys ...string) *secret.Keyring {
	t.Helper()
	r, err := secret.Parse(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := secret.GenerateKey()
	for name, tc := range map[string]struct{ keys, want string }{
		"empty":       {"", "is empty"},
		"blank":       {" \n", "is empty"},
		"a word":      {"changeme!", "key 1 is not base64"},
		"short":       {base64.StdEncoding.EncodeToString([]byte("sixteen bytes ok")), "key 1 has 16 bytes, not 32"},
		"long":        {base64.StdEncoding.EncodeToString(make([]byte, 33)), "key 1 has 33 bytes, not 32"},
		"zeros":       {base64.StdEncoding.EncodeToString(make([]byte, 32)), "key 1 is one byte repeated"},
		"second":      {good + ",x", "key 2 "},
		"empty entry": {good + ",", "key 2 is empty"},
		"twice":       {good + "," + good, "key 2 is listed twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := secret.Parse(tc.keys)
			if err == nil {
				t.Fatal("accepted")
			}
			if text := err.Error(); !strings.Contains(text, secret.Variable) || !strings.Contains(text, tc.want) {
				t.Errorf("error %q lacks the variable or %q", text, tc.want)
			}
			if text := err.Error(); tc.keys != "" && len(tc.keys) > 6 && strings.Contains(text, tc.keys[:6]) {
				t.Errorf("error %q shows the value", text)
			}
		})
	}
}

func TestParseTakesBothAlphabets(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb, 0xff, 0x01, 0x7e}, 8)
	sealed, err := ring(t, base64.StdEncoding.EncodeToString(raw)).Seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{base64.RawStdEncoding.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw)} {
		if _, err := ring(t, " "+text+"\n").Open(sealed, nil); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLoadOrCreate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	first, err := secret.LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	sealed, err := first.Seal([]byte("hello"), nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := secret.LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := second.Open(sealed, nil); err != nil || string(text) != "hello" {
		t.Errorf("after a restart: %q, %v", text, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".secret-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Several processes that start at once agree on one key.
func TestLoadOrCreateAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys")
	rings := make([]*secret.Keyring, 16)
	var all sync.WaitGroup
	for i := range rings {
		all.Go(func() {
			r, err := secret.LoadOrCreate(path)
			if err != nil {
				t.Error(err)
			}
			rings[i] = r
		})
	}
	all.Wait()
	for _, r := range rings[1:] {
		if r == nil || !bytes.Equal(r.HMAC("p", nil), rings[0].HMAC("p", nil)) {
			t.Fatal("two keys were made")
		}
	}
}

func TestLoadOrCreateReadsSeveralKeys(t *testing.T) {
	t.Parallel()
	former, latter := secret.GenerateKey(), secret.GenerateKey()
	sealed, err := ring(t, former).Seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{latter + "\n" + former + "\n", latter + ",\n" + former, latter + ", " + former + "\n"} {
		path := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := secret.LoadOrCreate(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Open(sealed, nil); err != nil {
			t.Errorf("%q: the former key no longer reads: %v", content, err)
		}
		fresh, err := r.Seal([]byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring(t, latter).Open(fresh, nil); err != nil {
			t.Errorf("%q: the first key does not write: %v", content, err)
		}
	}
}

func TestLoadOrCreateRefuses(t *testing.T) {
	t.Parallel()
	write := func(content string, mode os.FileMode) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if err := errors.Join(os.WriteFile(path, []byte(content), mode), os.Chmod(path, mode)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"group-readable": {write(secret.GenerateKey(), 0o640), "chmod 600"},
		"world-readable": {write(secret.GenerateKey(), 0o604), "chmod 600"},
		"empty":          {write("", 0o600), "is empty"},
		"nonsense":       {write("nonsense!", 0o600), "not base64"},
		"folder":         {func(t *testing.T, path string) { _ = os.Mkdir(path, 0o700) }, "not a regular file"},
		"dangling link":  {func(t *testing.T, path string) { _ = os.Symlink(path+"-gone", path) }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keys")
			tc.prepare(t, path)
			_, err := secret.LoadOrCreate(path)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want the path and %q", err, tc.want)
			}
		})
	}
	if _, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "no", "folder")); err == nil {
		t.Error("made a file without its folder")
	}
}
