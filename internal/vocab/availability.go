package vocab

// AvailabilityReason names a step of the chain of reasons why a chat channel's
// team shows as it does (AV).
type AvailabilityReason string

// Reasons.
const (
	ReasonAlways           AvailabilityReason = "ALWAYS"
	ReasonTeamStatus       AvailabilityReason = "TEAM_STATUS"
	ReasonInHours          AvailabilityReason = "IN_HOURS"
	ReasonOutOfHours       AvailabilityReason = "OUT_OF_HOURS"
	ReasonHoliday          AvailabilityReason = "HOLIDAY"
	ReasonOpens            AvailabilityReason = "OPENS"
	ReasonNeverOpens       AvailabilityReason = "NEVER_OPENS"
	ReasonSomeoneAvailable AvailabilityReason = "SOMEONE_AVAILABLE"
	ReasonAllAway          AvailabilityReason = "ALL_AWAY"
	ReasonHidden           AvailabilityReason = "HIDDEN"
	ReasonBot              AvailabilityReason = "BOT"
)
