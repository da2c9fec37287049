// Package genqlient keeps what programs that genqlient generates import in go.mod: a test
// of cmd/parley builds one with this module's requirements.
package genqlient

import _ "github.com/Khan/genqlient/graphql" // for the programs that it generates
