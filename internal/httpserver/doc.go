// Package httpserver is Parley's HTTP face: it authenticates a caller, puts
// the viewer into the context, and carries GraphQL. It holds no rule of the
// domain and knows no resolver: the schema comes in by Config.
//
// Transports, all at /graphql:
//   - POST and GET, as the GraphQL-over-HTTP specification has it; automatic
//     persisted queries and trusted documents by their SHA-256; files by the
//     GraphQL multipart request specification, if the schema takes any.
//   - WebSockets with the subprotocol graphql-transport-ws. Credentials come in
//     connection_init's payload, {"Authorization": "Bearer ..."}, or in the
//     upgrade request's header. closure.go lists the codes that a socket is
//     closed with, and which of them clients take for final.
//   - Server-Sent Events over POST and GET, for callers that accept
//     text/event-stream: graphql-sse's distinct connections mode.
//
// What holds for every answer: it is bounded in size and time, it never gives
// a request's body back, and every refusal is shaped as a GraphQL error with
// extensions.code. Credentials come in the Authorization header or
// connection_init only, never in a cookie or a URL; together with refusing
// the content types that a form can send, that leaves cross-site requests
// nothing to forge. A form can send files, so these need a token in the
// Authorization header. Pages of other origins open no socket unless they are
// allowed.
//
// What holds for a stream: it ends with its session (the token expires or is
// revoked) and with the server; Limits bounds how many there are, how many
// operations run on them, and how long a client may be silent or not read. A
// client that is cut off has seen every message up to some point, none after,
// and no "complete" that is not true.
//
// Routes: /graphql, / and /playground/ (the explorer), /widget.js and /widget/
// (the chat widget), /demo (a page that shows it), /chat/KEY (a page with nothing but a chat), /transcripts/TOKEN (where contacts refuse them), /notifications/TOKEN (where users end e-mails), /ratings/TOKEN (where they rate a conversation), /kb/KEY (the articles of an account), /healthz, /readyz.
package httpserver
