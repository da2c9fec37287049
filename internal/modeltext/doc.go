// Package modeltext renders conversations for language models (AG-6): in one plain text, with
// ids and times, and with everything that the contact wrote marked as data, so that a model
// can tell what it is asked by its makers from what it merely reads.
package modeltext
