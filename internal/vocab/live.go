package vocab

// ChangeKind says what happened to a message.
type ChangeKind string

// Kinds of changes.
const (
	ChangeAdded   ChangeKind = "ADDED"
	ChangeChanged ChangeKind = "CHANGED"
	ChangeDeleted ChangeKind = "DELETED"
)

// LeftReason says why a row left the window of a live view (NT-5).
type LeftReason string

// Reasons to leave.
const (
	LeftNoMatch LeftReason = "NO_MATCH"
	LeftWindow  LeftReason = "WINDOW"
	LeftAccess  LeftReason = "ACCESS"
)
