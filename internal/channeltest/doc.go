// Package channeltest checks connectors of custom channels (CC-5): `parley channel-test`.
//
// A check has three parties. A Parley server, of which it only uses the public API. The
// connector, a program that it starts, and kills. And a double of the medium, which speaks
// the medium's protocol to the connector, and the control protocol to the check: it has
// contacts write, and says what they got. Two doubles are built in: Telegram's Bot API, and
// a cloud API like WhatsApp's. Others are programs of their own (Control).
//
// What the doubles guarantee, so that a check proves something:
//
//   - They do what they took a moment later, also if the connector is dead by then, and answer
//     later still: it does not know whether it was done. Half of the kills wait for that.
//   - They number, confirm, repeat and refuse as the real ones do, with their JSON. The cloud
//     API's says what it has to say in batches, several at a time, states in any order, with
//     what is for other numbers in between.
//   - They keep all in memory, and are safe for concurrent use.
//
// Chances come from a seed. The package imports nothing of Parley but leaves: what a
// connector's author could not use, it does not use either.
package channeltest
