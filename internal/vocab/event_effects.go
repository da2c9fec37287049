package vocab

import "slices"

// ofUnknown is what an event may change whose type a later version of Parley
// writes, while nodes of both run.
const ofUnknown = changesRow | movesCounts | changesContent | changesAuthority

func (t EventType) does(e effect) bool {
	row, known := events[t]
	if !known {
		row.does = ofUnknown
	}
	return row.does&e != 0
}

// ChangesRow reports whether lists may show something else of the event's
// conversation.
func (t EventType) ChangesRow() bool { return t.does(changesRow) }

// KeepsRevision reports whether rows show something else although the conversation's
// revision is the same.
func (t EventType) KeepsRevision() bool { return t.does(keepsRevision) }

// MovesCounts reports whether the counts of an inbox's views may be others.
func (t EventType) MovesCounts() bool { return t.does(movesCounts) }

// ChangesContent reports whether a filter may find something else, though the
// conversation's row is the same.
func (t EventType) ChangesContent() bool { return t.does(changesContent) }

// ChangesContact reports whether rows may show something else of the event's contact.
func (t EventType) ChangesContact() bool { return t.does(changesContact) }

// ChangesTag reports whether rows may show something else of the event's tag, or
// filters find something else by it.
func (t EventType) ChangesTag() bool { return t.does(changesTag) }

// ChangesSavedView reports whether the event's saved view may show something else.
func (t EventType) ChangesSavedView() bool { return t.does(changesSavedView) }

// ChangesAuthority reports whether someone may see or do more, or less, from then on.
func (t EventType) ChangesAuthority() bool { return t.does(changesAuthority) }

// HidesFromVisitor reports whether the visitor no longer sees the conversation.
func (t EventType) HidesFromVisitor() bool { return t.does(hidesFromVisitor) }

// Message is what becomes of the event's message; "": it is not about one.
func (t EventType) Message() ChangeKind { return events[t].message }

// Status is the conversation's from then on; "": the event leaves it as it is.
func (t EventType) Status() ConversationStatus { return events[t].status }

// EventsForAdmins are the types that admins see though they are private to a user.
func EventsForAdmins() []EventType {
	var types []EventType
	for t, row := range events {
		if row.does&reachesAdmins != 0 {
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return types
}

// ReachesAdmins reports whether admins see an event that is private to a user.
func (t EventType) ReachesAdmins() bool { return t.does(reachesAdmins) }

// AboutConversation reports whether the event is one of a conversation.
func (t EventType) AboutConversation() bool { return t.does(changesRow) || t.Message() != "" }

// Subject is the SDL's type of the object that its subjectId names; "": it has none.
func (t EventType) Subject() string { return events[t].subject }

// Fields are the names of what its changes are about.
func (t EventType) Fields() []string { return events[t].fields }

// Cause is what else emits it than the mutations that say so; "": nothing.
func (t EventType) Cause() string { return events[t].cause }

// HasField reports whether the changes of the type's events are about a field.
func (t EventType) HasField(field string) bool { return slices.Contains(events[t].fields, field) }

// contactFields are the names of what changes of a contact are about.
var contactFields = []string{
	"name", "firstName", "lastName", "email", "emails", "phone", "phones", "avatarUrl", "externalId", "jobTitle", "company", "owner", "language", "timeZone",
	"country", "city", "lifecycleStage", "properties", "transcriptsRefusedAt",
}

// companyFields are the names of what changes of a company are about.
var companyFields = []string{"name", "domains", "industry", "size", "country", "owner", "externalId", "properties"}
