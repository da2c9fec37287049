// Package transcript mails the transcripts of chats (CO-4): by itself once a chat is closed,
// and by hand.
//
// It is a reactor: a consumer of the log notes that a chat was closed and queues a job with
// its mark; the job writes the transcript, posts it as a notice and records it, in one
// transaction. A node that dies between any two of these steps leaves the next one to be
// done again, and what was done is recognised by how far the last transcript goes
// (Conversation.transcript_number). By hand, all of that is one transaction.
//
// It also asks contacts how they rate a conversation that was closed (CO-5): in the
// transcript, or by a mail of its own, for which a second consumer queues a job. The answer
// comes by a signed link, which names the question that package conversation keeps.
//
// A transcript has what the visitor sees of the chat: never notes, deleted messages, or a
// chat that a bot started (BT-3).
package transcript
