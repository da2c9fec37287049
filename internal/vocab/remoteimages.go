package vocab

// RemoteImages says what becomes of the images that HTML has on other servers
// (EM-11).
type RemoteImages string

// Ways to show HTML.
const (
	// BlockImages leaves them out; their alternative texts stay.
	BlockImages RemoteImages = "BLOCK"
	// ProxyImages shows them by addresses of this server.
	ProxyImages RemoteImages = "PROXY"
)
