// Package authserver makes Parley an OAuth 2.1 authorization server (AC-18): apps and the
// programs of assistants register, a user grants one of them scopes on a page, and it acts
// for them with short-lived tokens that it refreshes. What a grant is, is a session of
// package account, which ends as others do; the tokens of it are here.
//
// Guarantees: a browser is sent to no address that the app did not register; a code works
// once, for a minute, for the app and the verifier that it was made for; of each refresh
// token one successor is good; using a code or a refresh token a second time ends the
// session; nothing but hashes is kept of codes, tokens and secrets.
//
// Why no library: fosite has had no release since 2024, zitadel/oidc signs OpenID tokens with
// keys of its own and wants its own users and clients, and go-oauth2 knows neither resources
// nor the second use of refresh tokens. Each would be more adapter than protocol; the tokens
// are opaque. The documents of discovery are the types of the MCP SDK.
package authserver
