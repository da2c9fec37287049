package imap

// CanIdle reports whether the server offers IDLE, and did not refuse it since.
func (c *Conn) CanIdle() bool { return c.idle }
