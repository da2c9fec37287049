package forward

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// DX-4: only what another try does not change ends it; an error without a code, as of a proxy,
// does not.
func TestFaults(t *testing.T) {
	t.Parallel()
	for code, ends := range map[string]bool{"": false, "INTERNAL": false, "UNAVAILABLE": false, "RATE_LIMITED": false, "UNAUTHENTICATED": true, "FORBIDDEN": true, "BAD_USER_INPUT": true, "CURSOR_EXPIRED": true} {
		var a answer
		if err := json.Unmarshal([]byte(`{"data": {"events": null}, "errors": [{"message": "No.", "extensions": {"code": "`+code+`"}}]}`), &a); err != nil {
			t.Fatal(err)
		}
		var refused *Refused
		err := a.fault()
		if err == nil || errors.As(err, &refused) != ends {
			t.Errorf("%q: %v", code, err)
		}
		if code == "CURSOR_EXPIRED" && !strings.Contains(err.Error(), "--after") {
			t.Errorf("it does not say how to go on: %v", err)
		}
	}
}
