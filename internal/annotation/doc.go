// Package annotation has the facts that machines and people attach to conversations and
// messages (AG-4). One author has one present annotation of a kind on the same: a newer
// one supersedes it, and the last ones stay as its history. They are the team's: nothing
// that goes to contacts reads them.
package annotation
