// Package slack shows conversations in Slack, takes in what people write there, and notifies users
// there (NT-2, IB-4, NT-1).
//
// A consumer of the log notes, in its transaction, what the threads of a conversation are to
// show; what Slack says is stored under its id before it is answered. What is due of a Slack
// workspace is done by one node, which has its lease, in lanes that do not wait for each other:
// a thread, what was said in one, a notification, a post that is to be deleted.
//
//   - Once. That a post is tried is noted before, and where it is after. One whose outcome is not
//     known is looked for in Slack, when the attempt has ended, by the metadata that it has, before
//     it is made again; of a file Slack is asked where it is shown. A message that someone wrote
//     there has its id in Parley from when it was stored, and a line is noted with what it is about.
//   - In order. A thread shows what happened in the order of the log; what fails holds up its
//     thread only, and a file not even that. What was taken back there is not sent, however late its
//     words come, and of edits the last one counts, in whatever order they come.
//   - No echo. What the app itself and other programs write is not taken in.
//   - As the user. What someone writes is sent as the user who has their address, with the rights
//     that they have by then; of others it becomes a note.
//   - Inside. Nothing goes to or comes from a channel that other companies read: notes are shown
//     there.
//   - In peace. The pauses that Slack asks for are kept for each method, and posts to a channel have
//     a second between them.
//
// What is purged is deleted in Slack, also what was being posted meanwhile. What nothing can be posted
// to gets no threads, and what is a day old when that is connected again is left out.
//
// No transaction is open, and no lock is held, while Slack is asked. Tests use package
// testkit/slackserver.
package slack
