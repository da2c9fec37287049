// Package httpserver is Parley's HTTP face: it authenticates a request, puts
// the viewer into its context, and carries GraphQL over GET and POST as the
// GraphQL-over-HTTP specification has it. It holds no rule of the domain and
// knows no resolver: the schema comes in by Config.
//
// What holds for every answer: it is bounded in size and time, it never gives
// a request's body back, and every refusal is shaped as a GraphQL error with
// extensions.code. Credentials come in the Authorization header alone, never
// in a cookie or a URL; together with refusing the content types that a form
// can send, that leaves cross-site requests nothing to forge.
//
// Routes: /graphql, / and /playground/ (the explorer), /healthz, /readyz.
package httpserver
