// Package bot holds the account's bots (BT-1): what they are called, how they hand off,
// and what their tokens may see. A bot is never deleted, since its messages name it: it
// is archived, stays where it is used, and is offered nowhere new (IB-7).
package bot
