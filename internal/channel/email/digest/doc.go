// Package digest mails an inbox's admins, and its members who chose it, each week who was filtered (IN-11): the senders,
// with links by which a mail is no longer filtered, or its sender never again.
//
// A link shows a page and changes nothing; the page's form does, so that scanners of mails
// do not. A link is signed, for one member, one conversation and one action; it is valid for
// thirty days, and only as long as that person is a member of the inbox, and an
// admin where the link changes the inbox.
// What it does can be done again without harm.
package digest
