// Package smtp writes mail (Compose), signs it (Sign) and hands it to a mail
// server (Send): a channel's mail (EM-6), and Parley's own (package mail).
//
// A mail is composed the same, to the byte, at every attempt, so that a copy
// that went out twice is recognized by its Message-ID. Send makes one attempt and
// reports what became of each recipient; when to try again is its caller's matter
// (Backoff). Nothing here keeps state or reads the database.
//
// Test against internal/testkit/smtpserver.
package smtp
