package routing

import "parley/ent/schema"

// RoutingInput is the input by which routing is set up.
type RoutingInput struct {
	Rules      []schema.RoutingRule
	OfferAgain bool
}

// Routing returns it as it is kept.
func (in RoutingInput) Routing() schema.Routing {
	return schema.Routing{Rules: in.Rules, NotOffered: !in.OfferAgain}
}
