// Package scim lets an account's directory, such as Okta or Entra ID, keep its users and teams by SCIM 2.0
// (RFC 7643, RFC 7644; AC-19). What it does are the use cases of internal/account, in the name of the integration
// whose token the directory has.
package scim
