// Package targeting holds the rules of targeted messages: what meets a visitor
// on which page (TM-1 to TM-3). Admins write them; Choose decides what a visitor
// sees, and is the one place that does.
//
// A channel's messages stand at positions 1 to n without a gap. Changes of an
// account's settings wait for one another, so that two moves cannot mix.
package targeting
