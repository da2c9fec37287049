package library

import (
	"context"
	"errors"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	"parley/ent/predicate"
	"parley/ent/teammember"
	entuser "parley/ent/user"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// everyone is in shown_to of what the whole account sees.
const everyone = string(vocab.LibraryEveryone)

// applyAudience says whose an item is, and who may use and edit it.
func applyAudience(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, f ItemFacts) error {
	before := *item
	opt.Set(&item.OwnerID, f.OwnerID)
	opt.Set(&item.TeamID, f.TeamID)
	opt.SetOr(&item.UsableBy, f.UsableBy, vocab.LibraryEveryone)
	opt.SetOr(&item.EditableBy, f.EditableBy, vocab.LibraryOwner)
	if err := errors.Join(checkOwner(ctx, tx, &before, item), checkTeam(ctx, tx, &before, item), checkWidth(ctx, item)); err != nil {
		return err
	}
	item.ShownTo = map[vocab.LibraryAudience]string{vocab.LibraryOwner: item.OwnerID, vocab.LibraryTeam: item.TeamID, vocab.LibraryEveryone: everyone}[item.UsableBy]
	return nil
}

// checkOwner refuses owners who are no users any more, and to give away what is another's.
func checkOwner(ctx context.Context, tx *store.Tx, before, item *ent.LibraryItem) error {
	v := viewer.FromContext(ctx)
	owns := before.OwnerID == "" && !v.IsUser() || before.OwnerID == v.ActorID
	switch {
	case item.OwnerID == before.OwnerID:
		return nil
	case !owns && v.Kind != viewer.Admin && v.Kind != viewer.SystemKind:
		return errs.New(errs.Forbidden, "Only its owner and admins may give a library item to another user.").On("ownerId")
	case item.OwnerID == "":
		return nil
	}
	missing := errs.New(errs.NotFound, "There is no active user %q.", errs.Clip(item.OwnerID)).On("ownerId")
	if !id.Is(item.OwnerID, id.User) {
		return missing
	}
	active, err := tx.Client.User.Query().Where(entuser.ID(item.OwnerID), entuser.DeactivatedAt(0)).Exist(ctx)
	if err == nil && !active {
		err = missing
	}
	return err
}

// checkTeam refuses a team where none is asked for, and one that the caller may not share
// with: users share with their own teams, and admins with any.
func checkTeam(ctx context.Context, tx *store.Tx, before, item *ent.LibraryItem) error {
	shared := item.UsableBy == vocab.LibraryTeam || item.EditableBy == vocab.LibraryTeam
	switch {
	case shared && item.TeamID == "":
		return errs.New(errs.Required, "Name the team that the item is shared with.").On("teamId")
	case !shared && item.TeamID != "" && item.TeamID == before.TeamID:
		item.TeamID = ""
		return nil
	case !shared && item.TeamID != "":
		return errs.New(errs.Invalid, "Only an item that a team may use or edit has a team: set usableBy or editableBy to TEAM.").On("teamId")
	case item.TeamID == before.TeamID:
		return nil
	}
	v := viewer.FromContext(ctx)
	if _, err := account.CurrentTeamIDs(ctx, tx, "teamId", []string{item.TeamID}); err != nil {
		if e := errs.Of(err); e != nil {
			return e.On("teamId")
		}
		return err
	}
	if v.Kind != viewer.Agent {
		return nil
	}
	member, err := tx.Client.TeamMember.Query().Where(teammember.TeamID(item.TeamID), teammember.UserID(v.ActorID)).Exist(ctx)
	if err == nil && !member {
		err = errs.New(errs.Invalid, "You can share items only with teams that you are a member of.").On("teamId")
	}
	return err
}

// checkWidth refuses what more people could edit than use, and what no one could use.
func checkWidth(ctx context.Context, item *ent.LibraryItem) error {
	v := viewer.FromContext(ctx)
	switch {
	case !item.EditableBy.Within(item.UsableBy):
		return errs.New(errs.Invalid, "Whoever may edit an item may also use it: usableBy is narrower than editableBy.").On("editableBy")
	case item.UsableBy == vocab.LibraryOwner && item.OwnerID == "":
		return errs.New(errs.Invalid, "An item for its owner only needs an owner: name one in ownerId.").On("usableBy")
	case item.UsableBy == vocab.LibraryOwner && v.IsUser() && item.OwnerID != v.ActorID:
		return errs.New(errs.Invalid, "Only its owner can make an item private.").On("usableBy")
	}
	return nil
}

// freeShortcut refuses a shortcut that someone who may use the item has for another one
// (CO-10). It looks at items that the caller may not see, and names none.
func freeShortcut(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, field string) error {
	if item.Shortcut == "" || item.ArchivedAt.IsSet() {
		return nil
	}
	ctx = viewer.AsSystem(ctx, "library")
	others, err := tx.Client.LibraryItem.Query().Where(
		entitem.Shortcut(item.Shortcut), entitem.ArchivedAt(0), entitem.IDNEQ(item.ID)).All(ctx)
	if err != nil {
		return err
	}
	for _, other := range others {
		shared, err := overlap(ctx, tx, item.ShownTo, other.ShownTo)
		if err != nil {
			return err
		}
		if shared {
			return errs.New(errs.AlreadyExists, "Someone who may use this item has another one with the shortcut #%s.", item.Shortcut).On(field)
		}
	}
	return nil
}

// overlap reports whether someone belongs to both audiences.
func overlap(ctx context.Context, tx *store.Tx, a, b string) (bool, error) {
	if a == b || a == everyone || b == everyone {
		return true, nil
	}
	if id.Is(a, id.User) {
		a, b = b, a
	}
	if id.Is(a, id.User) { // two users
		return false, nil
	}
	of := []predicate.TeamMember{teammember.TeamID(a)}
	if id.Is(b, id.User) {
		return tx.Client.TeamMember.Query().Where(append(of, teammember.UserID(b))...).Exist(ctx)
	}
	members, err := tx.Client.TeamMember.Query().Where(of...).Select(teammember.FieldUserID).Strings(ctx)
	if err != nil || len(members) == 0 {
		return false, err
	}
	return tx.Client.TeamMember.Query().Where(teammember.TeamID(b), teammember.UserIDIn(members...)).Exist(ctx)
}
