package main

import "context"

var tokenBudget = budget{perSecond: 10_000}

// tokens is the smallest request that needs a token, and the same without one.
func (b *bed) tokens(context.Context, load) ([]*operation, error) {
	with, err := request(`{ viewer { kind } }`, nil)
	if err != nil {
		return nil, err
	}
	without, err := request(`{ __typename }`, nil)
	if err != nil {
		return nil, err
	}
	return []*operation{{
		name: "authenticate", budget: tokenBudget,
		parley: func(ctx context.Context, caller int) error {
			answer, err := b.client.post(ctx, caller, b.token, with)
			if err != nil {
				return err
			}
			return checkAnswer(answer, `"kind":"AGENT"`, 1)
		},
		floors: []floor{{"{ __typename } without a token", func(ctx context.Context, caller int) error {
			_, err := b.client.post(ctx, caller, "", without)
			return err
		}}},
		close: func() error { return nil },
	}}, nil
}
