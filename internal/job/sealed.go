package job

import (
	"encoding/json"
	"fmt"

	"parley/internal/secret"
)

// sealedArgs are arguments as they wait in the table of a kind whose Options have
// Keys: whoever reads the database reads no mail in it, and no link that works
// once (ENG-7).
type sealedArgs struct {
	kind   string
	Sealed string `json:"sealed"`
}

// Kind is that of what is sealed.
func (s sealedArgs) Kind() string { return s.kind }

// seal seals a job's arguments, bound to their kind.
func seal(keys *secret.Keyring, args Args) (Args, error) {
	plain, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", args, err)
	}
	text, err := keys.Seal(plain, sealContext(args.Kind()))
	return sealedArgs{args.Kind(), text}, err
}

// opened are the arguments of a sealed kind as they come from the table, sealed or, of
// jobs that an earlier version queued, as they are.
type opened[T Args] struct{ raw json.RawMessage }

// Kind is that of the arguments.
func (opened[T]) Kind() string {
	var zero T
	return zero.Kind()
}

// KindAliases are those of the arguments.
func (opened[T]) KindAliases() []string {
	var zero T
	if aliased, ok := any(zero).(interface{ KindAliases() []string }); ok {
		return aliased.KindAliases()
	}
	return nil
}

// UnmarshalJSON keeps what stands in the table.
func (o *opened[T]) UnmarshalJSON(raw []byte) error {
	o.raw = append(o.raw[:0], raw...)
	return nil
}

func (o opened[T]) args(keys *secret.Keyring) (args T, err error) {
	var s sealedArgs
	plain := []byte(o.raw)
	if err := json.Unmarshal(o.raw, &s); err == nil && s.Sealed != "" {
		if plain, err = keys.Open(s.Sealed, sealContext(o.Kind())); err != nil {
			return args, fmt.Errorf("open the job's arguments: %w", err)
		}
	}
	return args, json.Unmarshal(plain, &args)
}

func sealContext(kind string) []byte { return []byte("job " + kind) }
