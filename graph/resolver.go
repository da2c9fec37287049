package graph

// Resolver is the root of all resolvers. It holds the services, and no client
// of the database: a resolver cannot query.
type Resolver struct{}

// orNull returns a text that may be empty as a nullable field: entities keep
// "" for what is not there.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
