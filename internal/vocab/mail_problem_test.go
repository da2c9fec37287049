package vocab_test

import (
	"encoding/json"
	"slices"
	"testing"

	"parley/internal/vocab"
)

// EM-4: problems that were stored as texts are still there, without a code.
func TestMailProblemsOfOld(t *testing.T) {
	t.Parallel()
	var v vocab.MailVerdict
	if err := json.Unmarshal([]byte(`{"problems":["there is no Message-ID",{"code":"TOO_LARGE","text":"x"}]}`), &v); err != nil {
		t.Fatal(err)
	}
	want := []vocab.MailProblem{{Code: vocab.MailProblemOther, Text: "there is no Message-ID"}, {Code: vocab.MailTooLarge, Text: "x"}}
	if !slices.Equal(v.Problems, want) {
		t.Errorf("got %v, want %v", v.Problems, want)
	}
}
