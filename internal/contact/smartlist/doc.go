// Package smartlist knows what the criteria of a list ask of a contact (CR-4): it checks
// them, says what of them no longer holds together, and evaluates them.
//
// There is one way of evaluating: of some contacts, by what is stored when it is asked.
// One contact that changed, a whole list in steps, a preview and routing all go that way,
// so that they agree. Besides yes or no it says when time alone will change the answer.
// Who enters and leaves, and the events of it, are the contact package's matter.
package smartlist
