// Package mailroom has accounts that get and send mail, for tests of the e-mail
// channel: World, whose mail goes out into a folder, and Post, whose mailbox is
// at a real Dovecot. Sign-in is a Post whose Dovecot takes the tokens of a real
// OpenID provider.
package mailroom
