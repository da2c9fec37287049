package classify_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley/internal/channel/email/classify"
	"parley/internal/channel/email/parse"
	"parley/internal/vocab"
)

var lines = []string{
	"From: noreply@example.com", "From: ada@mail.example.com", "From: sales@example.org", "From: support@parley.test",
	"Reply-To: bob@example.org", "Return-Path: <>", "List-Id: <x.test>", "List-Post: <mailto:support@parley.test>",
	"Precedence: bulk", "Auto-Submitted: auto-replied", "X-Autoreply: yes", "X-Campaign: 1", "X-Parley-Loop: 1",
	"Authentication-Results: mx.parley.test; dmarc=fail", "Authentication-Results: mx.parley.test; spf=pass",
	"Authentication-Results: mx.evil.test; dmarc=pass", "X-Auto-Response-Suppress: All", "Subject: Automatic reply: x",
}

var anyFacts = rapid.Custom(func(t *rapid.T) classify.Facts {
	f := facts(rapid.SliceOfNDistinct(rapid.SampledFrom(lines), 0, 6, rapid.ID).Draw(t, "lines")...)
	f.Blocked = rapid.Bool().Draw(t, "blocked")
	f.WrittenBefore = rapid.Bool().Draw(t, "written")
	f.SentByUs = rapid.Bool().Draw(t, "sent")
	f.AllowList = anyList.Draw(t, "allowed")
	if rapid.Bool().Draw(t, "bounce") {
		f.Mail.Report = &parse.Report{Kind: "delivery-status", Action: "failed"}
	}
	return f
})

var anyList = rapid.SliceOfN(rapid.SampledFrom([]string{"example.com", "*.example.com", "sales@example.org", "example.net", "", "parley.test"}), 0, 3)

// Properties of the rule, whatever the mail.
func TestClassifyHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts.Draw(t, "facts")
		v := classify.Classify(f)

		// Blocking always counts, and nothing else blocks (IN-10).
		blocked := slices.ContainsFunc(v.Reasons, func(r classify.Reason) bool { return r.Reason == vocab.ReasonBlockedSender })
		if blocked != f.Blocked {
			t.Fatalf("blocked %t: %v", f.Blocked, v.Reasons)
		}
		// A longer allow list takes reasons away and adds none; what is a
		// machine's stays one (IN-7, IN-11).
		longer := f
		longer.AllowList = append(slices.Clone(f.AllowList), anyList.Draw(t, "more")...)
		w := classify.Classify(longer)
		for _, r := range w.Reasons {
			if !slices.Contains(v.Reasons, r) {
				t.Fatalf("allowing %q adds %v", longer.AllowList, r)
			}
		}
		if v.Automatic != w.Automatic || v.AutoReply != w.AutoReply || v.Bounce != w.Bounce || v.NoAutoAnswer != w.NoAutoAnswer {
			t.Fatalf("allowing %q makes %+v of %+v", longer.AllowList, w, v)
		}
		// Having written before takes the role rule away, and nothing else
		// (pitfall 16).
		known := f
		known.WrittenBefore = true
		others := slices.DeleteFunc(slices.Clone(v.Reasons), func(r classify.Reason) bool { return r.Reason == vocab.ReasonRoleAddress })
		if got := classify.Classify(known).Reasons; len(got)+len(others) > 0 && !slices.Equal(got, others) {
			t.Fatalf("known contact: %v, else %v", got, v.Reasons)
		}
		// A bounce or an auto-reply is a machine's, and no one answers one.
		if (v.Bounce || v.AutoReply) && !v.Automatic || v.Automatic && !v.NoAutoAnswer {
			t.Fatalf("%+v", v)
		}
		if diff := cmp.Diff(v, classify.Classify(f)); diff != "" {
			t.Fatal("judged in another way the second time:", diff)
		}
	})
}
