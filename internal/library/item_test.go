package library_test

import (
	"strings"
	"sync"
	"testing"

	"parley/ent"
	entevent "parley/ent/event"
	entitem "parley/ent/libraryitem"
	"parley/internal/errs"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

type create = library.CreateLibraryItemInput

// CO-1, CO-10: an item is made, changed with one event, archived and deleted; what does not
// go with its kind is an error on its field.
func TestItems(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		item := check.Must(w.snippet(w.Agent(0), "From 9 to 5", func(in *create) { in.Shortcut, in.Folder = opt.Of("#Hours"), opt.Of(" Shop ") }))(t)
		check.Same(t, []string{item.Shortcut, item.Folder, item.OwnerID, string(item.UsableBy)}, []string{"hours", "Shop", w.AgentIDs[0], "EVERYONE"})
		in := library.UpdateLibraryItemInput{LibraryItemID: item.ID, ItemFacts: library.ItemFacts{Markdown: opt.Of("From 10 to 4"), Folder: opt.Null[string]()}}
		changed := check.Must(w.Update(w.Agent(0), in))(t)
		check.Same(t, []any{changed.Content.Markdown, changed.Folder, changed.Revision}, []any{"From 10 to 4", "", 2})
		check.Same(t, check.Must(w.Update(w.Agent(0), in))(t).Revision, 2)
		in.ExpectedRevision = check.Ptr(1)
		_, err := w.Update(w.Agent(0), in)
		check.Refused(t, err, errs.Conflict, "expectedRevision")
		_, err = w.Update(w.Agent(1), library.UpdateLibraryItemInput{LibraryItemID: item.ID})
		check.Refused(t, err, errs.Forbidden, "libraryItemId")
		check.Must(w.Archive(w.Admin, library.ArchiveLibraryItemInput{LibraryItemID: item.ID}))(t)
		check.Same(t, w.names(w.Agent(0), library.Filter{}), []string{})
		check.Same(t, w.names(w.Agent(0), library.Filter{IncludeArchived: true}), []string{"Hours"})
		check.Must(w.Restore(w.Admin, library.RestoreLibraryItemInput{LibraryItemID: item.ID}))(t)
		check.Same(t, check.Must(w.Delete(w.Agent(0), library.DeleteLibraryItemInput{LibraryItemID: item.ID}))(t), item.ID)
		_, err = w.Update(w.Agent(0), in)
		check.Refused(t, err, errs.NotFound, "libraryItemId")
		events := check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.SubjectID(item.ID)).Order(entevent.BySequence()).All(w.System))(t)
		types := make([]string, len(events))
		for i, e := range events {
			types[i] = strings.TrimPrefix(string(e.Type), "LIBRARY_ITEM_")
		}
		check.Same(t, types, []string{"CREATED", "UPDATED", "UPDATED", "UPDATED", "DELETED"})

		w.refused(w.Agent(0), "", errs.Required, "markdown")
		w.refused(w.Agent(0), strings.Repeat("x", library.MaxSnippet+1), errs.TooLong, "markdown")
		w.refused(w.Agent(0), "Text", errs.Required, "name", func(in *create) { in.Name = " " })
		w.refused(w.Agent(0), "Text", errs.Invalid, "kind", func(in *create) { in.Kind = vocab.QuoteItem })
		w.refused(w.Agent(0), "Text", errs.Invalid, "subject", func(in *create) { in.Subject = opt.Of("Hello") })
		w.refused(w.Agent(0), "Text", errs.Invalid, "url", func(in *create) { in.URL = opt.Of("https://example.com") })
		w.refused(w.Agent(0), "Text", errs.Invalid, "shortcut", func(in *create) { in.Shortcut = opt.Of("two words") })
		w.refused(w.Agent(0), "Text", errs.Required, "language", func(in *create) {
			in.Variants = opt.List(library.LibraryVariantInput{Language: "de", Markdown: check.Ptr("Text")})
		})
		w.refused(w.Agent(0), "Text", errs.NotFound, "ownerId", func(in *create) { in.OwnerID = opt.Of("nobody") })
	})
}

// CO-10: who may use an item sees it, and no one else; admins do not see what is private to
// another user either.
func TestAudiences(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		team := w.team(w.AgentIDs[0])
		for name, audience := range map[string]vocab.LibraryAudience{"mine": vocab.LibraryOwner, "team": vocab.LibraryTeam, "all": vocab.LibraryEveryone} {
			check.Must(w.snippet(w.Agent(0), "Text", func(in *create) {
				in.Name, in.UsableBy = name, opt.Of(audience)
				if audience == vocab.LibraryTeam {
					in.TeamID, in.EditableBy = opt.Of(team), opt.Of(vocab.LibraryTeam)
				}
			}))(t)
		}
		check.Same(t, w.names(w.Agent(0), library.Filter{}), []string{"all", "mine", "team"})
		check.Same(t, w.names(w.Agent(1), library.Filter{}), []string{"all"})
		check.Same(t, w.names(w.Admin, library.Filter{}), []string{"all", "team"})
		other := newWorld(t, w.Store)
		check.Same(t, other.names(other.Admin, library.Filter{}), []string{})

		w.refused(w.Agent(1), "Text", errs.Invalid, "teamId", func(in *create) { in.UsableBy, in.TeamID = opt.Of(vocab.LibraryTeam), opt.Of(team) })
		w.refused(w.Agent(0), "Text", errs.Required, "teamId", func(in *create) { in.UsableBy = opt.Of(vocab.LibraryTeam) })
		w.refused(w.Agent(0), "Text", errs.Invalid, "teamId", func(in *create) { in.TeamID = opt.Of(team) })
		w.refused(w.Agent(0), "Text", errs.Invalid, "editableBy", func(in *create) {
			in.UsableBy, in.EditableBy = opt.Of(vocab.LibraryOwner), opt.Of(vocab.LibraryEveryone)
		})
		private := check.Must(w.Store.Client(w.System).LibraryItem.Query().Where(entitem.Name("mine")).Only(w.System))(t)
		for _, e := range check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.SubjectID(private.ID)).All(w.System))(t) {
			check.Same(t, e.UserID, w.AgentIDs[0])
		}
	})
}

// CO-10: a shortcut stands for one item for whoever may use it, also of two that are made at
// once.
func TestShortcuts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		team, others := w.team(w.AgentIDs[0]), w.team(w.AgentIDs[1])
		with := func(audience vocab.LibraryAudience, teamID string) func(*create) {
			return func(in *create) {
				in.Shortcut, in.UsableBy = opt.Of("#hi"), opt.Of(audience)
				if teamID != "" {
					in.TeamID = opt.Of(teamID)
				}
			}
		}
		first := check.Must(w.snippet(w.Agent(0), "Text", with(vocab.LibraryOwner, "")))(t)
		check.Must(w.snippet(w.Agent(1), "Text", with(vocab.LibraryOwner, "")))(t)
		w.refused(w.Agent(0), "Text", errs.AlreadyExists, "shortcut", with(vocab.LibraryTeam, team))
		w.refused(w.Admin, "Text", errs.AlreadyExists, "shortcut", with(vocab.LibraryEveryone, ""))
		w.refused(w.Admin, "Text", errs.AlreadyExists, "shortcut", with(vocab.LibraryTeam, others))
		check.Must(w.Archive(w.Agent(0), library.ArchiveLibraryItemInput{LibraryItemID: first.ID}))(t)
		check.Must(w.snippet(w.Agent(0), "Text", with(vocab.LibraryTeam, team)))(t)
		_, err := w.Restore(w.Agent(0), library.RestoreLibraryItemInput{LibraryItemID: first.ID})
		check.Refused(t, err, errs.AlreadyExists, "libraryItemId")

		var wait sync.WaitGroup
		made := make([]*ent.LibraryItem, 4)
		for i := range made {
			wait.Go(func() {
				made[i], _ = w.snippet(w.Agent(0), "Text", func(in *create) { in.Shortcut = opt.Of("#once") })
			})
		}
		wait.Wait()
		n := check.Must(w.Store.Client(w.System).LibraryItem.Query().Where(entitem.Shortcut("once")).Count(w.System))(t)
		check.Same(t, n, 1)
	})
}

// CO-1: a list is searched by words, by shortcut, by folder and by kind.
func TestSearch(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		for _, one := range []struct{ name, text, shortcut, folder string }{
			{"Greeting", "Good morning, how can we help?", "hello", "Chat"}, {"Hours", "We open at nine.", "hours", "Shop"}, {"returns", "Send it back.", "", "Shop"},
		} {
			check.Must(w.snippet(w.Agent(0), one.text, func(in *create) {
				in.Name, in.Shortcut, in.Folder = one.name, opt.Of(one.shortcut), opt.Of(one.folder)
			}))(t)
		}
		for _, c := range []struct {
			filter library.Filter
			want   []string
		}{
			{library.Filter{}, []string{"Greeting", "Hours", "returns"}},
			{library.Filter{Query: check.Ptr("morn")}, []string{"Greeting"}},
			{library.Filter{Query: check.Ptr("shop nine")}, []string{"Hours"}},
			{library.Filter{Query: check.Ptr("#h")}, []string{"Greeting", "Hours"}},
			{library.Filter{Query: check.Ptr("#HOU")}, []string{"Hours"}},
			{library.Filter{Query: check.Ptr("#")}, []string{"Greeting", "Hours"}},
			{library.Filter{Folder: check.Ptr("Shop")}, []string{"Hours", "returns"}},
			{library.Filter{Kind: check.Ptr(vocab.LinkItem)}, []string{}},
		} {
			check.Same(t, w.names(w.Agent(1), c.filter), c.want)
		}
	})
}

// CO-10: the contact's language chooses the text, the first one if there is none in it.
func TestLanguages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		item := check.Must(w.snippet(w.Agent(0), "Hello", func(in *create) {
			in.Language = opt.Of("en")
			in.Variants = opt.List(library.LibraryVariantInput{Language: "de", Markdown: check.Ptr("Hallo")}, library.LibraryVariantInput{Language: "pt-br", Markdown: check.Ptr("Oi")})
		}))(t)
		for language, want := range map[string]string{"": "Hello", "de-AT": "Hallo", "pt-BR": "Oi", "pt": "Oi", "fr": "Hello"} {
			got := check.Must(w.Insert(w.Agent(0), library.InsertLibraryItemInput{LibraryItemID: item.ID, ConversationID: &w.ConversationIDs[0], Language: &language}))(t)
			check.Same(t, got.Markdown, want)
		}
		_, err := w.Insert(w.Agent(0), library.InsertLibraryItemInput{LibraryItemID: item.ID, ConversationID: &w.ConversationIDs[2]})
		check.Refused(t, err, errs.NotFound, "conversationId")
	})
}
