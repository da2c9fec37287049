// Package custom is the custom channels: media that integrations connect (CC). A
// connector calls Parley, with what came and with what became of what goes out; Parley
// calls no connector, other than by webhooks, which know nothing of channels.
//
// What goes out waits in the table channel_messages: one message at a time of each
// conversation is ready, oldest first. A connector leases what is ready, and reports it.
// What is not reported in time is another's: a connector that died between sending and
// reporting has it sent twice, unless its medium knows repeats.
//
// The package is tested by cmd/parley, over the API.
package custom
