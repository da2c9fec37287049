// Package smtp writes a channel's mail (Compose), signs it (Sign) and hands it
// to the channel's mail server (Send) (EM-6).
//
// A mail is composed the same, to the byte, at every attempt, so that a copy
// that went out twice is told by its Message-ID. Send makes one attempt and
// tells what became of each recipient; when to try again is its caller's matter
// (Backoff). Nothing here keeps state or reads the database.
//
// Test against internal/testkit/smtpserver.
package smtp
