package bus

import (
	"fmt"

	"github.com/nats-io/nats-server/v2/server"
)

// startServer starts a NATS server that no one outside the process can reach:
// no listener, no store, no signals, no log.
func startServer() (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName:       "parley",
		DontListen:       true,
		NoSigs:           true,
		NoLog:            true,
		NoSystemAccount:  true,
		MaxPayload:       MaxData,
		MaxClosedClients: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("make the embedded NATS server: %w", err)
	}
	s.Start() // returns: there is nothing to listen to
	return s, nil
}

func (b *Bus) stopServer() {
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
}
