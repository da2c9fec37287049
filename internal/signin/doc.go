// Package signin lets people in (AC-9, AC-16): by OpenID Connect at the providers that an
// account has, and by links that are mailed to them. What it ends in is a session of
// package account; no passwords are kept.
//
// A sign-in that has begun is a row of one use, found by the state that comes back, and
// bound to the browser that began it by a cookie. The provider is the row's: an answer of
// another provider is worth nothing. Whoever was never seen at a provider is matched once,
// by an address that the provider has verified; from then on by the provider's own name of
// them, so that a changed address takes nobody else's place.
//
// Requests to providers are bounded in time, and run outside of transactions.
package signin
