package remoteimage

// SetRemoteImageSenderInput says whether the caller always wants to see a sender's
// images.
type SetRemoteImageSenderInput struct {
	Email string
	Show  bool

	IdempotencyKey *string
}
