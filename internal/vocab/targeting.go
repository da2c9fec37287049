package vocab

// TargetedMessageState says whether a targeted message is shown (TM-1).
type TargetedMessageState string

// States of a targeted message.
const (
	TargetedDraft TargetedMessageState = "DRAFT"
	TargetedOn    TargetedMessageState = "ON"
	TargetedOff   TargetedMessageState = "OFF"
)

// Audience says whom a targeted message is for (TM-2).
type Audience string

// Audiences.
const (
	AudienceEveryone        Audience = "EVERYONE"
	AudienceAnonymous       Audience = "ANONYMOUS"
	AudienceTrackedContacts Audience = "TRACKED_CONTACTS"
	AudienceLists           Audience = "LISTS"
)

// TargetingOperator compares the page's address with a rule (TM-3).
type TargetingOperator string

// Operators.
const (
	OpIs            TargetingOperator = "IS"
	OpIsNot         TargetingOperator = "IS_NOT"
	OpContains      TargetingOperator = "CONTAINS"
	OpNotContains   TargetingOperator = "NOT_CONTAINS"
	OpStartsWith    TargetingOperator = "STARTS_WITH"
	OpNotStartsWith TargetingOperator = "NOT_STARTS_WITH"
	OpMatches       TargetingOperator = "MATCHES"
)

// What is stored as the operator of rules that do not compare the URL; in the SDL
// such rules are types of their own.
const (
	OpAllPages   = TargetingOperator("ALL_PAGES")
	OpQueryParam = TargetingOperator("QUERY_PARAM")
)

// TargetingPages are pages that a rule matches whatever their URL (TM-3).
type TargetingPages string

// Pages.
const (
	TargetingAll TargetingPages = "ALL"
)

// RoutingTarget says whom a routing rule chooses among (RT-1).
type RoutingTarget string

// Targets.
const (
	RouteUnassigned   RoutingTarget = "UNASSIGNED"
	RouteContactOwner RoutingTarget = "CONTACT_OWNER"
	RouteUsers        RoutingTarget = "USERS"
	RouteTeams        RoutingTarget = "TEAMS"
)

// RoutingMethod says how a routing rule chooses (RT-1).
type RoutingMethod string

// Methods.
const (
	RoundRobin RoutingMethod = "ROUND_ROBIN"
	FewestOpen RoutingMethod = "FEWEST_OPEN"
)
