package id

import "go.jetify.com/typeid/v2"

// Bytes returns the UUID inside the identifier s; false if s is no identifier.
// Identifiers of one type sort like these bytes.
func Bytes(s string) ([16]byte, bool) {
	t, err := typeid.Parse(s)
	if err != nil || t.Prefix() == "" {
		return [16]byte{}, false
	}
	return [16]byte(t.Bytes()), true
}

// FromBytes returns the identifier of the given type around the UUID: the
// inverse of Bytes. It panics if prefix cannot be a TypeID's prefix.
func FromBytes(prefix string, uuid [16]byte) string {
	t, err := typeid.FromBytes(prefix, uuid[:])
	if err != nil {
		panic(err)
	}
	return t.String()
}
