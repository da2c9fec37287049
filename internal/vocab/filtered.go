package vocab

// FilteredReason is one reason why a conversation is filtered (IN-9).
type FilteredReason string

// Reasons.
const (
	ReasonSpam          FilteredReason = "SPAM"
	ReasonBlockedSender FilteredReason = "BLOCKED_SENDER"
	ReasonRoleAddress   FilteredReason = "ROLE_ADDRESS"
	ReasonPromotional   FilteredReason = "PROMOTIONAL"
	ReasonAutoReply     FilteredReason = "AUTO_REPLY"
)

// FilteredReasons is a set of reasons, one bit each, in the order of the SDL's
// enum. A conversation is filtered while its set is not empty (IN-9).
type FilteredReasons int64

var reasonBits = []FilteredReason{ReasonSpam, ReasonBlockedSender, ReasonRoleAddress, ReasonPromotional, ReasonAutoReply}

// Bit returns the set that has only r.
func (r FilteredReason) Bit() FilteredReasons {
	for i, x := range reasonBits {
		if x == r {
			return 1 << i
		}
	}
	return 0
}

// Has reports whether r is in the set.
func (s FilteredReasons) Has(r FilteredReason) bool { return s&r.Bit() != 0 }

// With returns the set and r.
func (s FilteredReasons) With(r FilteredReason) FilteredReasons { return s | r.Bit() }

// Without returns the set less r.
func (s FilteredReasons) Without(r FilteredReason) FilteredReasons { return s &^ r.Bit() }

// Only returns what the set shares with r.
func (s FilteredReasons) Only(r FilteredReason) FilteredReasons { return s & r.Bit() }

// List returns the reasons in the order of the SDL's enum.
func (s FilteredReasons) List() []FilteredReason {
	list := []FilteredReason{}
	for _, r := range reasonBits {
		if s.Has(r) {
			list = append(list, r)
		}
	}
	return list
}
