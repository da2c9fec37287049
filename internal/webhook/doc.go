// Package webhook sends the account's events to addresses of its own (NT-4, NT-6).
//
// A consumer of the log writes a delivery for each event and endpoint that asks for it, exactly
// once. What is pending is sent by one node for each endpoint, which has the endpoint's lease:
//
//   - At least once. A delivery is pending until an answer was recorded; one that is sent again,
//     after a failure or a death, has the same webhook-id.
//   - In order. Of a conversation, and of all events that are about none, only the first
//     delivery of an endpoint that is pending is ready to be sent. One that fails holds up
//     its conversation only.
//   - Apart. Each endpoint has a goroutine and up to eight requests of its own; no endpoint
//     waits for what another one answers.
//   - As the integration. What an endpoint may see is asked when an event is found for it and again
//     when it is sent. Its document runs as the integration with the endpoint's scopes.
//   - Quiet. A node does nothing for an endpoint that nothing waits for, but a seek every
//     five seconds that finds what no one reported.
//
// No transaction is open while a request is sent.
package webhook
