// Package secret keeps what must not be read or forged. From the installation's
// secret keys it derives everything else:
//
//   - Seal and Open encrypt secrets at rest (OAuth tokens, passwords), bound to
//     the place where they stand;
//   - a Signer makes and checks signed tokens of limited life;
//   - HMAC makes keyed digests;
//   - NewToken and HashToken make API tokens, which need no key.
//
// Keys rotate: the first key writes, every key reads. A new key is put in
// front; the old one is taken away when nothing made with it is left.
//
// Errors of this package never hold a key, a token or a plaintext.
package secret
