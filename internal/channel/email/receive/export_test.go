package receive

import "parley/internal/channel/email/parse"

// PlainIdentity is a mail's identity as anyone can make it.
func PlainIdentity(raw []byte) string { return identity(parse.Parse(raw), raw) }

// FormerIdentity is what it was before.
func FormerIdentity(raw []byte) string { return formerIdentity(parse.Parse(raw), raw) }

// ConfirmationOf is confirmationOf, of a mail that no server says anything about.
var ConfirmationOf = confirmationOf
