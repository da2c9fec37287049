package vocab

// RoutingTrigger says what had a conversation routed (RT-5).
type RoutingTrigger string

// Triggers of routing.
const (
	// RoutedStarted: it began.
	RoutedStarted RoutingTrigger = "STARTED"
	// RoutedUnfiltered: it left Filtered (IN-9).
	RoutedUnfiltered RoutingTrigger = "UNFILTERED"
	// RoutedReopened: it was closed, and no one has it who could go on (IN-7, AC-7).
	RoutedReopened RoutingTrigger = "REOPENED"
	// RoutedHandedOff: its bot handed it off (BT-2).
	RoutedHandedOff RoutingTrigger = "HANDED_OFF"
	// RoutedReleased: whoever had it left the inbox, or was deactivated (AC-11).
	RoutedReleased RoutingTrigger = "RELEASED"
	// RoutedOffered: someone became able to take it (RT-4).
	RoutedOffered RoutingTrigger = "OFFERED"
	// RoutedOwnerAway: the contact wrote while whoever has it is away (AC-8).
	RoutedOwnerAway RoutingTrigger = "OWNER_AWAY"
	// RoutedNoAnswer: whoever routing chose neither answered nor looked (RT-8).
	RoutedNoAnswer RoutingTrigger = "NO_ANSWER"
	// RoutedDeclined: whoever had it gave it back (RT-8).
	RoutedDeclined RoutingTrigger = "DECLINED"
	// RoutedOwnerGone: its visitor waits, and whoever has it is gone (AC-15).
	RoutedOwnerGone RoutingTrigger = "OWNER_GONE"
	// RoutedPreview: no one got it; an admin asked who would.
	RoutedPreview RoutingTrigger = "PREVIEW"
)
