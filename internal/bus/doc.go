// Package bus carries news between nodes, and within one: publish and
// subscribe over NATS. With no address the NATS server runs in the process,
// without a listener and without a store; with one, the same code talks to an
// external cluster (OP-1, OP-2).
//
// What holds:
//
//   - Order: messages that one goroutine publishes on one subject arrive in
//     that order.
//   - At most once: a message arrives once or not at all. While the connection
//     is lost, when the outgoing buffer is full or when a receiver is too slow,
//     messages are lost and no one is notified. The account's log is the truth:
//     receivers order by its sequence, drop what they have seen and fill holes
//     from the table.
//   - Late: what was published while the connection was lost may be sent once
//     it is back, up to the outgoing buffer's size; older than what other nodes
//     have sent since. By the same sequence it does no harm.
//   - Publish never waits, neither for a receiver nor for the network.
//   - Own news come back: a node's own subscribers get what it publishes, by
//     the same way as everyone else's.
//   - When Subscribe returns, the server knows of the subscription, if it could
//     be reached: read the log after that and nothing is missed between.
//   - Subscriptions outlive a lost connection. The bus reconnects forever, 50
//     ms after the loss at first and then every two seconds at most.
//
// A process has one NATS subscription for each subject, and fans out to its own
// subscribers: a thousand NATS subscriptions on one subject overran the
// server's buffer for the client, which then lost its connection.
//
// A subject's messages are delivered one at a time, to one subscriber after the
// other, so deliver must be quick and must not block: put the message into a
// buffer of your own, and drop it when that is full. A deliver that blocks
// holds up its own subject, never a publisher or another subject; a panic in it
// is logged, and the others get the message.
//
// To test with it, open a Bus without an address: it starts in milliseconds and
// shares nothing with another.
package bus
