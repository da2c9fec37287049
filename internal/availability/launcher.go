package availability

import "parley/internal/vocab"

// answerOutOfHours says what there is to say out of hours (AV-3).
func (a *Answer) answerOutOfHours(s vocab.Availability) {
	a.State = vocab.StateOutOfHours
	typical := a.ReplyTime
	a.ReplyTime = vocab.ReplyTimeNone
	switch s.OutOfHours {
	case vocab.OutOfHoursHide:
		a.hideLauncher()
	case vocab.OutOfHoursReplyTime:
		a.ReplyTime = typical
	case vocab.OutOfHoursReturnTime:
		if a.BackAt = a.Until; !a.BackAt.IsSet() {
			a.Text = s.OutOfHoursMessage
		}
	default:
		a.Text = s.OutOfHoursMessage
	}
}

func (a *Answer) hideLauncher() {
	a.Shown = false
	a.addReason(vocab.ReasonHidden, "The settings hide the launcher now; messages are still accepted.")
}
