// Package mcp serves the Model Context Protocol (AG-7): tools with which language models work
// in an account, with the rights of a token. Each tool is a file of GraphQL in operations: its
// description and arguments are those of the operation, and it runs as any request to the API
// does. Of a file with several operations a token gets the first that it may run, so that one
// which may not act proposes instead.
//
// The package knows neither HTTP nor GraphQL's server: it is given a function that runs a
// document for the context's viewer.
package mcp
