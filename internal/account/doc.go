// Package account holds the rules of accounts, users, teams and API tokens
// (AC-1 to AC-12), and reports whose a token is.
//
// What a user may see is asked again with every request: a role, a membership
// or a token that is taken away ends at once. Whoever loses sight of an inbox
// has their open conversations there released by a job, in the same
// transaction (AC-11).
//
// Changes of who belongs where are made only by admins and one after another
// within an account (see Lock), so that the last admin stays and two people
// who each take away one path to an inbox cannot miss that both are gone.
package account
