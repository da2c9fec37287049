package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/store"
	"parley/internal/vocab"
)

func TestChanges(t *testing.T) {
	t.Parallel()
	to := func(s string) *string { return &s }
	var c store.Changes
	c.Value("state", "ON", "ON")
	c.Value("timeZone", "", "UTC")
	c.Optional("assignee", "user_1", "user_1")
	c.Optional("assignee", "", "user_1")
	c.Optional("team", "team_1", "")
	c.Flag("shared", true, true)
	c.Flag("shared", true, false)
	c.Named("texts", false)
	c.Named("name", true)
	want := store.Changes{
		{Field: "timeZone", From: to(""), To: to("UTC")},
		{Field: "assignee", To: to("user_1")},
		{Field: "team", From: to("team_1")},
		{Field: "shared", From: to("true"), To: to("false")},
		{Field: "name"},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(store.Changes([]vocab.FieldChange{{Field: "name"}, {Field: "email"}}), store.NamedChanges("name", "email")); diff != "" {
		t.Errorf("named changes (-want +got):\n%s", diff)
	}
}
