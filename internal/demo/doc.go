// Package demo fills an account with believable data, from a first look at two
// thousand conversations to a load test with millions.
//
// A set is three inboxes with their channels, twelve users in three teams, two
// bots, targeted messages, contacts, and conversations of every kind and state
// that were opened in the last 180 days. Each conversation is played as a story,
// change by change, by the rules of package conversation: numbers, folders and
// waiting times are what they would be had people written it, and the account's
// log has it in the order of time (NT-3). What would lie in the future has not
// happened: the newest conversations are still under way.
//
// The rows go into the database in bulk, beside WithTx and the fence: a
// transaction for each few thousand conversations, with their documents for
// search (IN-5) and the events up to there. A run that is canceled ends with
// the conversations that it began; one that is killed leaves some without their
// last events.
//
// The same seed, clock, account and number of sets before give the same rows,
// but for the tokens.
package demo
