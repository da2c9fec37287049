package viewer

import "context"

// Meter counts what an operation costs against the allowance of whoever asks for it.
type Meter interface {
	// Charge takes an operation's cost, or returns RATE_LIMITED.
	Charge(cost int) error
}

type meterKey struct{}

// WithMeter returns a context whose operations are charged to m.
func WithMeter(ctx context.Context, m Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// Charge charges an operation's cost to the context's meter, if it has one.
func Charge(ctx context.Context, cost int) error {
	m, ok := ctx.Value(meterKey{}).(Meter)
	if !ok {
		return nil
	}
	return m.Charge(cost)
}
