package contact

import (
	"context"
	"slices"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactlistmember"
	"parley/ent/contactlisttimer"
	"parley/internal/clock"
	"parley/internal/contact/smartlist"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// settle has contacts be on those of some smart lists whose criteria they meet, and on no
// other of them; who enters or leaves is recorded once. It locks the contacts first, so that
// what is evaluated stays so: a change that comes later has an event of its own.
func settle(ctx context.Context, tx *store.Tx, contactIDs []string, load func(context.Context, *store.Tx) ([]*ent.ContactList, error)) error {
	ids, err := tx.Client.Contact.Query().Where(entcontact.IDIn(contactIDs...)).Order(entcontact.ByID()).Modify(store.ForUpdate).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	lists, err := load(ctx, tx)
	if err != nil || len(lists) == 0 {
		return err
	}
	p, err := smartlist.Prepare(ctx, tx.Client, lists)
	if err != nil {
		return err
	}
	now, err := standing(ctx, tx, ids, lists)
	if err != nil {
		return err
	}
	answer, err := p.Evaluate(ctx, tx.Client, ids, tx.Now())
	if err != nil {
		return err
	}
	for _, l := range p.Lists {
		if err := now.settleList(ctx, tx, l, ids, answer); err != nil {
			return err
		}
	}
	return nil
}

// place is a contact's on a list.
type place struct{ listID, contactID string }

// places is how contacts stand with lists.
type places struct {
	members map[place]bool
	timers  map[place]clock.Micros
}

func standing(ctx context.Context, tx *store.Tx, contactIDs []string, lists []*ent.ContactList) (places, error) {
	now := places{map[place]bool{}, map[place]clock.Micros{}}
	listIDs := make([]string, len(lists))
	for i, l := range lists {
		listIDs[i] = l.ID
	}
	members, err := tx.Client.ContactListMember.Query().Where(contactlistmember.ContactIDIn(contactIDs...), contactlistmember.ListIDIn(listIDs...)).All(ctx)
	if err != nil {
		return now, err
	}
	for _, m := range members {
		now.members[place{m.ListID, m.ContactID}] = true
	}
	timers, err := tx.Client.ContactListTimer.Query().Where(contactlisttimer.ContactIDIn(contactIDs...), contactlisttimer.ListIDIn(listIDs...)).All(ctx)
	for _, t := range timers {
		now.timers[place{t.ListID, t.ContactID}] = t.DueAt
	}
	return now, err
}

// settleList settles contacts with one list. Of one whose criteria cannot be evaluated only
// the timers go: it is filled again once they can.
func (now places) settleList(ctx context.Context, tx *store.Tx, l *smartlist.List, ids []string, answer func(*smartlist.List, string) smartlist.Answer) error {
	var enter, leave, stop []string
	due := map[string]clock.Micros{}
	for _, contactID := range ids {
		at := place{l.ID, contactID}
		timer, timed := now.timers[at]
		var a smartlist.Answer
		if l.Problems == nil {
			a = answer(l, contactID)
			switch is := now.members[at]; {
			case a.Holds && !is:
				enter = append(enter, contactID)
			case !a.Holds && is:
				leave = append(leave, contactID)
			}
		}
		if a.Due == timer {
			continue
		}
		if timed {
			stop = append(stop, contactID)
		}
		if a.Due != 0 {
			due[contactID] = a.Due
		}
	}
	if err := writeTimers(ctx, tx, l.ID, stop, due); err != nil {
		return err
	}
	return moveMembers(ctx, tx, l.ContactList, enter, leave)
}

func writeTimers(ctx context.Context, tx *store.Tx, listID string, stop []string, due map[string]clock.Micros) error {
	if len(stop) > 0 {
		_, err := tx.Client.ContactListTimer.Delete().Where(contactlisttimer.ListID(listID), contactlisttimer.ContactIDIn(stop...)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	var rows []*ent.ContactListTimerCreate
	for contactID, at := range due {
		rows = append(rows, tx.Client.ContactListTimer.Create().SetID(id.New("timer")).SetListID(listID).SetContactID(contactID).SetDueAt(at))
	}
	return tx.Client.ContactListTimer.CreateBulk(rows...).Exec(ctx)
}

// moveMembers puts contacts on a list and takes others off it, and records each.
func moveMembers(ctx context.Context, tx *store.Tx, l *ent.ContactList, enter, leave []string) error {
	if len(leave) > 0 {
		_, err := tx.Client.ContactListMember.Delete().Where(contactlistmember.ListID(l.ID), contactlistmember.ContactIDIn(leave...)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	rows := make([]*ent.ContactListMemberCreate, len(enter))
	for i, contactID := range enter {
		rows[i] = tx.Client.ContactListMember.Create().SetID(id.New("listmember")).SetListID(l.ID).SetContactID(contactID)
	}
	if err := tx.Client.ContactListMember.CreateBulk(rows...).Exec(ctx); err != nil {
		return err
	}
	for _, contactID := range slices.Concat(enter, leave) {
		entered := vocab.ListEntered
		if slices.Contains(leave, contactID) {
			entered = vocab.ListLeft
		}
		recordListChange(ctx, tx, entered, l, contactID)
	}
	return resize(ctx, tx, l, int64(len(enter)-len(leave)))
}
