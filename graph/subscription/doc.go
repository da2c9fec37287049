// Package subscription runs subscriptions. A subscription's resolver opens a stream and
// returns; Executor then takes item after item from the stream and has gqlgen
// answer each, as if the resolver had sent it. In between it looks whether the
// same item was answered already for the same document, variables and scope: then
// that answer is given again. So a thousand subscribers of one thread cost one
// execution and one serialisation for each message, and each of them still has a
// place of its own in the stream: catching up and being slow concern no one else.
//
// What may be shared: an item is one pointer for all who may share it, which is
// for the stream to decide; two subscribers share an answer only if everything
// that authorization reads is equal for both (kind, account, inboxes, scopes),
// and the very user too where the document selects a field that is @perViewer.
package subscription
