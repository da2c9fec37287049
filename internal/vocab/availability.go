package vocab

// AvailabilityReasonCode names a step of the chain of reasons why a chat channel's
// team shows as it does (AV).
type AvailabilityReasonCode string

// Reasons.
const (
	ReasonAlways           AvailabilityReasonCode = "ALWAYS"
	ReasonTeamStatus       AvailabilityReasonCode = "TEAM_STATUS"
	ReasonInHours          AvailabilityReasonCode = "IN_HOURS"
	ReasonOutOfHours       AvailabilityReasonCode = "OUT_OF_HOURS"
	ReasonHoliday          AvailabilityReasonCode = "HOLIDAY"
	ReasonOpens            AvailabilityReasonCode = "OPENS"
	ReasonNeverOpens       AvailabilityReasonCode = "NEVER_OPENS"
	ReasonSomeoneAvailable AvailabilityReasonCode = "SOMEONE_AVAILABLE"
	ReasonAllAway          AvailabilityReasonCode = "ALL_AWAY"
	ReasonHidden           AvailabilityReasonCode = "HIDDEN"
	ReasonBot              AvailabilityReasonCode = "BOT"
)
