package account

import (
	"context"
	"errors"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/user"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// How long a user counts as present (AC-7, AC-15).
const (
	// connectedFor is after the last connection ended.
	connectedFor = 2 * time.Minute
	// answeredFor is after they answered, by whatever means.
	answeredFor = 10 * time.Minute
)

// IsPresent reports whether a user is connected, was within two minutes, or answered
// within ten.
func IsPresent(u *ent.User, now clock.Micros) bool {
	return u.ConnectedAt.IsSet() && now < u.ConnectedAt.Add(connectedFor) || u.AnsweredAt.IsSet() && now < u.AnsweredAt.Add(answeredFor)
}

// isScheduled reports whether a user's availability changes by itself.
func isScheduled(u *ent.User) bool { return u.FollowsPresence || len(u.WorkingHours.Hours) > 0 }

// worksAt reports whether a moment lies within the user's working hours; those who have
// none always work.
func worksAt(u *ent.User, now clock.Micros) bool {
	h := u.WorkingHours
	return len(h.Hours) == 0 || availability.InHours(vocab.Availability{TimeZone: h.TimeZone, Hours: h.Hours, Holidays: h.Holidays}, now.Time())
}

// settle gives a user the availability that they have at a moment (AC-15). What they
// set to away by hand stays so; overtime lasts as long as they are there.
func settle(u *ent.User, now clock.Micros) {
	here, works := IsPresent(u, now), worksAt(u, now)
	u.Overtime = u.Overtime && here && !works
	switch {
	case u.AwayByHand, !works && !u.Overtime, u.FollowsPresence && !here:
		u.Availability = vocab.Away
	default:
		u.Availability = vocab.Available
	}
}

// setByHand gives a user the availability that someone sets. It counts as presence,
// so that AVAILABLE holds until the last connection ends.
func setByHand(u *ent.User, to vocab.UserAvailability, now clock.Micros) {
	u.Availability, u.AwayByHand = to, to == vocab.Away
	u.Overtime = to == vocab.Available && !worksAt(u, now)
	if to == vocab.Available && isScheduled(u) {
		u.ConnectedAt = max(u.ConnectedAt, now)
	}
}

// savePresence writes what differs of who is there, and records a new availability.
func savePresence(ctx context.Context, tx *store.Tx, before, after *ent.User) error {
	if before.Availability == after.Availability && before.AwayByHand == after.AwayByHand && before.Overtime == after.Overtime &&
		before.ConnectedAt == after.ConnectedAt {
		return nil
	}
	if before.Availability != after.Availability {
		var c store.Changes
		c.Optional("availability", string(before.Availability), string(after.Availability))
		tx.Append(ctx, store.Event{Type: vocab.UserAvailabilityChanged, SubjectID: after.ID, Changes: c})
	}
	return tx.Client.User.UpdateOneID(after.ID).SetAvailability(after.Availability).SetAwayByHand(after.AwayByHand).
		SetOvertime(after.Overtime).SetConnectedAt(after.ConnectedAt).Exec(ctx)
}

// RecordAnswer notes within a transaction that a user answered, which counts as
// presence for ten minutes, by whatever means (AC-15). It is written once a minute.
func RecordAnswer(ctx context.Context, tx *store.Tx, accountID, userID string) error {
	now := tx.Now()
	written, err := tx.Exec(ctx, "UPDATE users SET answered_at = $1 WHERE account_id = $2 AND id = $3 AND answered_at <= $4",
		int64(now), accountID, userID, int64(now.Add(-seenAgain)))
	if err != nil || written == 0 {
		return err
	}
	return settleUser(byPresence(ctx, accountID), tx, userID)
}

// byPresence is a context of what Parley does because someone is there, or is gone.
func byPresence(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("presence", accountID))
}

// settleUser gives a user the availability that they have now, if it changes by itself.
func settleUser(ctx context.Context, tx *store.Tx, userID string) error {
	u, err := tx.Client.User.Query().Where(user.ID(userID)).Modify(store.ForUpdate).Only(ctx)
	if err != nil || u.DeactivatedAt.IsSet() || !isScheduled(u) {
		return err
	}
	after := *u
	settle(&after, tx.Now())
	return savePresence(ctx, tx, u, &after)
}

const scheduledAccounts = `SELECT DISTINCT account_id FROM users
	WHERE deactivated_at = 0 AND (follows_presence OR CAST(working_hours AS TEXT) <> '{}')`

// SettlePresence gives everyone whose availability changes by itself the one that they
// have now: it goes by what is stored, so that a restart loses nothing (AC-15). The
// system runs it often.
func (s *Service) SettlePresence(ctx context.Context) error {
	var accounts []string
	err := store.ForEachRow(ctx, s.store, scheduledAccounts, nil, func(rows entsql.ColumnScanner) error {
		var accountID string
		err := rows.Scan(&accountID)
		accounts = append(accounts, accountID)
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, accountID := range accounts {
		failed = append(failed, s.settleAccount(byPresence(ctx, accountID)))
	}
	return errors.Join(failed...)
}

func (s *Service) settleAccount(ctx context.Context) error {
	users, err := s.store.Client(ctx).User.Query().Where(user.DeactivatedAt(0)).All(ctx)
	if err != nil {
		return err
	}
	now := s.store.Now()
	for _, u := range users {
		after := *u
		if settle(&after, now); !isScheduled(u) || after.Availability == u.Availability && after.Overtime == u.Overtime {
			continue
		}
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return settleUser(ctx, tx, u.ID) })
		if err != nil {
			return err
		}
	}
	return nil
}

// maxDaysOff is how many days off a user's working hours may have.
const maxDaysOff = 100

// checkWorkingHours refuses what are no hours.
func checkWorkingHours(h vocab.WorkingHours) (faults []error) {
	if len(h.Holidays) > maxDaysOff {
		return []error{errs.Exceeds(maxDaysOff, "There are %d days off; at most %d are allowed.", len(h.Holidays), maxDaysOff).On("workingHours", "holidays")}
	}
	err := availability.Check(vocab.Availability{
		Mode: vocab.AvailabilityOperatingHours, TimeZone: h.TimeZone, Hours: h.Hours, Holidays: h.Holidays,
	})
	for _, fault := range errs.All(err) {
		faults = append(faults, fault.On(append([]string{"workingHours"}, fault.Field...)...))
	}
	return faults
}
