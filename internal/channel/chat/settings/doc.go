// Package settings holds what admins set on a chat channel (CH-1, CH-2, AV-1 to
// AV-3): its style, texts, availability, tracking code and identity secret. It
// also sets up an empty database, whose first inbox has a chat channel.
package settings
