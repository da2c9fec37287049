// Package remoteimage shows the images that a message's HTML loads from other
// servers, without telling those servers who looks (EM-11).
//
// Unless a reader asks for them, such images are left out: fetching one tells
// its sender that the message was read, when, and from which address. When they
// are asked for, their addresses lead to this server, which fetches each image
// in its own name, keeps it, and passes on images alone. Images too small to be
// seen, which only count readers, are never fetched.
//
// The package also remembers whose images a user always wants to see.
package remoteimage
