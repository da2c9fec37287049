package model

// GoneReference is what something names and is gone.
type GoneReference struct {
	ID      string
	Deleted bool
}

// RoutingOffer is how an offer is bounded (RT-7).
type RoutingOffer struct {
	MaxAge           int
	PerMinute        int
	VisitorConnected bool
}
