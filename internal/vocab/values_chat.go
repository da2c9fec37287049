package vocab

import "cmp"

// WidgetStyle is how a widget looks, beside its title and colour (CH-1).
type WidgetStyle struct {
	Position  WidgetPosition `json:"position"`
	AvatarURL string         `json:"avatarUrl,omitempty"`
}

// WidgetTexts are the texts of a widget that an admin changed (CH-1): by
// language tag, then by the text's key. All else has a default.
type WidgetTexts struct {
	DefaultLocale string                       `json:"defaultLocale,omitempty"`
	Locales       map[string]map[string]string `json:"locales,omitempty"`
}

// Availability says when a channel's team counts as available, and what the
// widget does when it does not (AV-1 to AV-3).
type Availability struct {
	Mode      AvailabilityMode `json:"mode"`
	ReplyTime ReplyTime        `json:"replyTime"`

	// While no one is available.
	WhenAway    WhenAway `json:"whenAway"`
	AwayMessage string   `json:"awayMessage,omitempty"`

	// Hours are wall-clock times of an IANA time zone.
	TimeZone string    `json:"timeZone,omitempty"`
	Hours    []Hours   `json:"hours,omitempty"`
	Holidays []Holiday `json:"holidays,omitempty"`

	OutOfHours        OutOfHours `json:"outOfHours"`
	OutOfHoursMessage string     `json:"outOfHoursMessage,omitempty"`
}

// Hours is one range of operating hours, "09:00" to "17:00"; a To that is not
// after From lies on the next day (AV-3).
type Hours struct {
	Day  Weekday `json:"day"`
	From string  `json:"from"`
	To   string  `json:"to"`
}

// Holiday closes the ranges that start on its date, as "2026-12-25" (AV-3).
type Holiday struct {
	Date string `json:"date"`
	Name string `json:"name,omitempty"`
}

// Routing says to whom conversations go: the first rule whose conditions all
// hold decides, and the last one has none (RT-1, RT-3). No rules: unassigned.
type Routing struct {
	Rules []RoutingRule `json:"rules,omitempty"`
	// NotOffered: what finds no one is not offered again later (RT-4).
	NotOffered bool `json:"notOffered,omitempty"`
	// OfferMaxAge are seconds of waiting, and OfferPerMinute offers to one person; 0:
	// the defaults (RT-7).
	OfferMaxAge    int `json:"offerMaxAge,omitempty"`
	OfferPerMinute int `json:"offerPerMinute,omitempty"`
}

// What bounds offers unless a routing says otherwise (RT-7).
const (
	DefaultOfferMaxAge    = 7 * 24 * 60 * 60
	DefaultOfferPerMinute = 3
)

// MaxAge is how many seconds of waiting bound an offer (RT-7).
func (r Routing) MaxAge() int { return cmp.Or(r.OfferMaxAge, DefaultOfferMaxAge) }

// PerMinute is how many are offered to a person within a minute (RT-7).
func (r Routing) PerMinute() int { return cmp.Or(r.OfferPerMinute, DefaultOfferPerMinute) }

// RoutingRule chooses among its target's people by its method (RT-1).
type RoutingRule struct {
	Conditions []RoutingCondition `json:"conditions,omitempty"`
	Target     RoutingTarget      `json:"target"`
	UserIDs    []string           `json:"userIds,omitempty"`
	TeamIDs    []string           `json:"teamIds,omitempty"`
	Method     RoutingMethod      `json:"method"`
	FallbackID string             `json:"fallbackId,omitempty"`
}

// RoutingCondition must hold for its rule to decide (RT-3).
type RoutingCondition struct {
	Kind     RoutingConditionKind `json:"kind"`
	Operator RoutingOperator      `json:"operator,omitempty"`
	Property string               `json:"property,omitempty"`
	Value    string               `json:"value,omitempty"`
	// Defined is what the contact must have of a defined property (CR-11).
	Defined *PropertyCondition `json:"defined,omitempty"`
}

// RoutingCandidate is someone whom routing looked at (RT-5). Skipped is empty
// for who was chosen.
type RoutingCandidate struct {
	UserID  string            `json:"userId"`
	Chosen  bool              `json:"chosen,omitempty"`
	Skipped RoutingSkipReason `json:"skipped,omitempty"`
}

// Heading is who a targeted message seems to come from (TM-4).
type Heading struct {
	Kind       HeadingKind `json:"kind"`
	UserIDs    []string    `json:"userIds,omitempty"`
	TeamID     string      `json:"teamId,omitempty"`
	FallbackID string      `json:"fallbackId,omitempty"`
	Name       string      `json:"name,omitempty"`
	AvatarURL  string      `json:"avatarUrl,omitempty"`
}

// EmailCapture says when and how the widget asks for an address (TM-5).
type EmailCapture struct {
	Timing       CaptureTiming `json:"timing"`
	DelaySeconds int           `json:"delaySeconds,omitempty"`
	Text         string        `json:"text,omitempty"`
	// Fields are what else is asked for, in this order.
	Fields []CaptureField `json:"fields,omitempty"`
}

// CaptureField is what a visitor is asked for beside an address (TM-5).
type CaptureField struct {
	Kind CaptureFieldKind `json:"kind"`
	// PropertyID is that of a defined property of contacts, with PROPERTY.
	PropertyID string `json:"propertyId,omitempty"`
	// Property is how an input names it: by its name or id. It is not kept.
	Property string `json:"property,omitempty"`
	// Label is empty for the property's own, or the widget's.
	Label    string           `json:"label,omitempty"`
	Required bool             `json:"required,omitempty"`
	When     CaptureFieldTime `json:"when"`
}

// Key is what visitors call the field: name, phone, or the property's id, as suggested
// properties have it (CH-9).
func (f CaptureField) Key() string {
	switch f.Kind {
	case CaptureName:
		return SuggestedName
	case CapturePhone:
		return SuggestedPhone
	}
	return f.PropertyID
}

// AnsweredField is a field that a visitor filled in, or left empty.
type AnsweredField struct {
	Key   string `json:"key"`
	Empty bool   `json:"empty,omitempty"`
}

// Display says how a welcome message shows (TM-6).
type Display struct {
	// OpenByItself: the welcome message opens without a click.
	OpenByItself bool `json:"openByItself,omitempty"`
	// When it does, whichever comes first; without any of them at once. OpenAfterScroll
	// is in percent of the page. 0: not so.
	OpenAfterSeconds int         `json:"openAfterSeconds,omitempty"`
	OpenAfterScroll  int         `json:"openAfterScroll,omitempty"`
	OpenAtLeaving    bool        `json:"openAtLeaving,omitempty"`
	SmallScreen      SmallScreen `json:"smallScreen"`
}

// Consent is what a visitor is asked to agree to (TM-8).
type Consent struct {
	Processing     ConsentMode `json:"processing"`
	ProcessingText string      `json:"processingText,omitempty"`
	// CommunicationText is empty where nothing is asked.
	CommunicationText  string `json:"communicationText,omitempty"`
	SubscriptionTypeID string `json:"subscriptionTypeId,omitempty"`
}

// TargetedContent is what a version of a targeted message says (TM-1). Chats
// that began from the version keep it.
type TargetedContent struct {
	Name           string       `json:"name"`
	WelcomeMessage string       `json:"welcomeMessage"`
	WelcomeHTML    string       `json:"welcomeHtml,omitempty"`
	BotID          string       `json:"botId,omitempty"`
	Heading        Heading      `json:"heading"`
	EmailCapture   EmailCapture `json:"emailCapture"`
	Display        Display      `json:"display"`
	Consent        Consent      `json:"consent"`
	Routing        Routing      `json:"routing"`
}

// What columns hold until an admin says otherwise.
var (
	DefaultStyle        = WidgetStyle{Position: WidgetRight}
	DefaultAvailability = Availability{
		Mode: AvailabilityAlways, ReplyTime: ReplyTimeNone,
		WhenAway: AwayMessage, OutOfHours: OutOfHoursMessage,
	}
	DefaultHeading = Heading{Kind: HeadingCustom}
	DefaultCapture = EmailCapture{Timing: CaptureAfterFirstMessage}
	DefaultDisplay = Display{SmallScreen: SmallScreenNormal}
	DefaultConsent = Consent{Processing: ConsentNone}
)

// VisitorProof says how a visitor proved who they are (CH-8).
type VisitorProof string

// Proofs of visitors.
const (
	ProofNone     VisitorProof = "NONE"
	ProofIdentity VisitorProof = "IDENTITY"
	ProofEmail    VisitorProof = "EMAIL"
)
