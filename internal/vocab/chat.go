package vocab

// WidgetPosition is the side of the page at which the widget sits (CH-1).
type WidgetPosition string

// Positions of a widget.
const (
	WidgetLeft  WidgetPosition = "LEFT"
	WidgetRight WidgetPosition = "RIGHT"
)

// AvailabilityMode says by what a channel's team counts as available (AV).
type AvailabilityMode string

// Modes of availability.
const (
	AvailabilityAlways         AvailabilityMode = "ALWAYS"
	AvailabilityTeamStatus     AvailabilityMode = "TEAM_STATUS"
	AvailabilityOperatingHours AvailabilityMode = "OPERATING_HOURS"
)

// AvailabilityState is what visitors learn of the team (AV).
type AvailabilityState string

// States of availability.
const (
	StateAvailable  AvailabilityState = "AVAILABLE"
	StateAway       AvailabilityState = "AWAY"
	StateOutOfHours AvailabilityState = "OUT_OF_HOURS"
)

// ReplyTime is how soon the team typically answers (AV-1).
type ReplyTime string

// Reply times; ReplyTimeNone shows none.
const (
	ReplyTimeMinutes ReplyTime = "MINUTES"
	ReplyTimeHours   ReplyTime = "HOURS"
	ReplyTimeDay     ReplyTime = "DAY"
	ReplyTimeNone    ReplyTime = "NONE"
)

// WhenAway says what the widget does while no one is available (AV-2).
type WhenAway string

// What to do while away.
const (
	AwayMessage WhenAway = "MESSAGE"
	AwayHide    WhenAway = "HIDE"
)

// OutOfHours says what the widget does out of hours (AV-3).
type OutOfHours string

// What to do out of hours.
const (
	OutOfHoursMessage    OutOfHours = "MESSAGE"
	OutOfHoursReplyTime  OutOfHours = "REPLY_TIME"
	OutOfHoursReturnTime OutOfHours = "RETURN_TIME"
	OutOfHoursHide       OutOfHours = "HIDE"
)

// Weekday is a day of the week.
type Weekday string

// Days of the week.
const (
	Monday    Weekday = "MONDAY"
	Tuesday   Weekday = "TUESDAY"
	Wednesday Weekday = "WEDNESDAY"
	Thursday  Weekday = "THURSDAY"
	Friday    Weekday = "FRIDAY"
	Saturday  Weekday = "SATURDAY"
	Sunday    Weekday = "SUNDAY"
)

// HeadingKind says who a targeted message's heading shows (TM-4).
type HeadingKind string

// Kinds of headings.
const (
	HeadingUsers        HeadingKind = "USERS"
	HeadingTeam         HeadingKind = "TEAM"
	HeadingContactOwner HeadingKind = "CONTACT_OWNER"
	HeadingCustom       HeadingKind = "CUSTOM"
)

// CaptureTiming says when the widget asks for an e-mail address (TM-5).
type CaptureTiming string

// Timings.
const (
	CaptureBeforeChat        CaptureTiming = "BEFORE_CHAT"
	CaptureAfterFirstMessage CaptureTiming = "AFTER_FIRST_MESSAGE"
	CaptureAfterDelay        CaptureTiming = "AFTER_DELAY"
	CaptureWhenAway          CaptureTiming = "WHEN_AWAY"
	CaptureNever             CaptureTiming = "NEVER"
)

// SmallScreen says what a small screen shows of a welcome message (TM-6).
type SmallScreen string

// What a small screen shows.
const (
	SmallScreenNormal SmallScreen = "NORMAL"
	SmallScreenPrompt SmallScreen = "PROMPT"
	SmallScreenHidden SmallScreen = "HIDDEN"
)

// ConsentMode says what a visitor must accept before a chat (TM-8).
type ConsentMode string

// Modes of consent.
const (
	ConsentNone               ConsentMode = "NONE"
	ConsentExplicit           ConsentMode = "EXPLICIT"
	ConsentLegitimateInterest ConsentMode = "LEGITIMATE_INTEREST"
)

// ConsentKind says what a consent is to (TM-8).
type ConsentKind string

// Kinds of consent: to the processing of data, and to being written to.
const (
	ConsentProcess     ConsentKind = "PROCESS"
	ConsentCommunicate ConsentKind = "COMMUNICATE"
)

// ConsentBasis is the ground on which a consent stands (TM-8).
type ConsentBasis string

// Bases of consent.
const (
	BasisExplicit           ConsentBasis = "EXPLICIT"
	BasisLegitimateInterest ConsentBasis = "LEGITIMATE_INTEREST"
)

// RoutingContactProperty is a property of the contact that a condition compares
// (RT-3); it is stored in lower case.
type RoutingContactProperty string

// Properties of contacts.
const (
	RoutingName  RoutingContactProperty = "NAME"
	RoutingEmail RoutingContactProperty = "EMAIL"
	RoutingPhone RoutingContactProperty = "PHONE"
)

// RoutingHours are times in relation to the operating hours (RT-3).
type RoutingHours string

// Times.
const (
	RoutingWithin  RoutingHours = "WITHIN"
	RoutingOutside RoutingHours = "OUTSIDE"
)

// RoutingConditionKind says what a routing condition looks at (RT-3).
type RoutingConditionKind string

// Kinds of routing conditions.
const (
	RouteByContactProperty RoutingConditionKind = "CONTACT_PROPERTY"
	RouteByList            RoutingConditionKind = "LIST"
	RouteByLanguage        RoutingConditionKind = "LANGUAGE"
	RouteByPage            RoutingConditionKind = "PAGE"
	RouteBySubject         RoutingConditionKind = "SUBJECT"
	RouteByToAddress       RoutingConditionKind = "TO_ADDRESS"
	RouteByHours           RoutingConditionKind = "HOURS"
	RouteByDefinedProperty RoutingConditionKind = "DEFINED_PROPERTY"
)

// RoutingOperator compares in a routing condition (RT-3).
type RoutingOperator string

// Operators of routing conditions.
const (
	RoutingIs          RoutingOperator = "IS"
	RoutingIsNot       RoutingOperator = "IS_NOT"
	RoutingContains    RoutingOperator = "CONTAINS"
	RoutingNotContains RoutingOperator = "NOT_CONTAINS"
	RoutingStartsWith  RoutingOperator = "STARTS_WITH"
	RoutingKnown       RoutingOperator = "IS_KNOWN"
	RoutingUnknown     RoutingOperator = "IS_UNKNOWN"
)

// RoutingSkipReason says why routing passed over a candidate (RT-5).
type RoutingSkipReason string

// Reasons to pass over someone.
const (
	SkipNoSeat      RoutingSkipReason = "NO_SEAT"
	SkipNotAMember  RoutingSkipReason = "NOT_A_MEMBER"
	SkipAway        RoutingSkipReason = "AWAY"
	SkipAtCapacity  RoutingSkipReason = "AT_CAPACITY"
	SkipDeactivated RoutingSkipReason = "DEACTIVATED"
	SkipNotNext     RoutingSkipReason = "NOT_NEXT"

	SkipNotAutoAssigned RoutingSkipReason = "NOT_AUTO_ASSIGNED"
	SkipOfferLimit      RoutingSkipReason = "OFFER_LIMIT"
	SkipNoAnswer        RoutingSkipReason = "NO_ANSWER"
	SkipDeclined        RoutingSkipReason = "DECLINED"
	SkipNotConnected    RoutingSkipReason = "NOT_CONNECTED"
)

// CaptureFieldKind says what a field beside an address is (TM-5).
type CaptureFieldKind string

// Kinds of fields.
const (
	CaptureName     CaptureFieldKind = "NAME"
	CapturePhone    CaptureFieldKind = "PHONE"
	CaptureProperty CaptureFieldKind = "PROPERTY"
)

// CaptureFieldTime says when a field is asked for (TM-5).
type CaptureFieldTime string

// Times of fields.
const (
	FieldBeforeChat CaptureFieldTime = "BEFORE_CHAT"
	FieldWithEmail  CaptureFieldTime = "WITH_EMAIL"
)

// WidgetFieldKind says what a visitor fills in (TM-5): name, phone, or a property's kind.
type WidgetFieldKind string

// Kinds of what visitors fill in.
const (
	WidgetName     WidgetFieldKind = "NAME"
	WidgetPhone    WidgetFieldKind = "PHONE"
	WidgetText     WidgetFieldKind = "TEXT"
	WidgetLongText WidgetFieldKind = "LONG_TEXT"
	WidgetNumber   WidgetFieldKind = "NUMBER"
	WidgetDate     WidgetFieldKind = "DATE"
	WidgetTime     WidgetFieldKind = "TIME"
	WidgetBoolean  WidgetFieldKind = "BOOLEAN"
	WidgetChoice   WidgetFieldKind = "CHOICE"
	WidgetChoices  WidgetFieldKind = "CHOICES"
)

// TargetingOutcome says what becomes of a targeted message on a visit (TM-9).
type TargetingOutcome string

// Outcomes, in the order in which they are decided.
const (
	OutcomeShown         TargetingOutcome = "SHOWN"
	OutcomeDraft         TargetingOutcome = "DRAFT"
	OutcomeOff           TargetingOutcome = "OFF"
	OutcomeNotInAudience TargetingOutcome = "NOT_IN_AUDIENCE"
	OutcomeExcluded      TargetingOutcome = "EXCLUDED"
	OutcomeNoRuleHolds   TargetingOutcome = "NO_RULE_HOLDS"
	OutcomeEarlierWins   TargetingOutcome = "EARLIER_WINS"
)

// TargetingWarningKind says what is odd about a targeted message (TM-9).
type TargetingWarningKind string

// Kinds of warnings.
const (
	WarnNeverShown        TargetingWarningKind = "NEVER_SHOWN"
	WarnMatchesEverything TargetingWarningKind = "MATCHES_EVERYTHING"
	WarnDoubtfulRule      TargetingWarningKind = "DOUBTFUL_RULE"
)

// WidgetViewKind says how far a visitor came with a targeted message (TM-10).
type WidgetViewKind string

// Kinds of views.
const (
	ViewShown  WidgetViewKind = "SHOWN"
	ViewOpened WidgetViewKind = "OPENED"
)

// TextDirection says how a widget's texts run.
type TextDirection string

// Directions of texts.
const (
	LeftToRight TextDirection = "LTR"
	RightToLeft TextDirection = "RTL"
)

// SuggestedProperty is what a visitor said of themselves, and did not prove (CH-9).
type SuggestedProperty struct {
	Property string `json:"property"`
	Value    string `json:"value"`
}

// What visitors say of themselves.
const (
	SuggestedName  = "name"
	SuggestedPhone = "phone"
	SuggestedOptIn = "optIn"
)
