package bus

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	dialWait     = 2 * time.Second // for one attempt at one server
	writeWait    = 3 * time.Second // for the server to take what is written
	pingInterval = 2 * time.Second // two unanswered pings: the connection is lost

	firstRetry = 50 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// connect starts the embedded server if there is no address, and connects.
func (b *Bus) connect(o Options) error {
	addresses, err := addressesOf(o.URL)
	if err != nil {
		return err
	}
	options := b.options(o.Name)
	if len(addresses) == 0 {
		if b.server, err = startServer(); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(b.server))
	}
	if b.conn, err = nats.Connect(strings.Join(addresses, ","), options...); err != nil {
		return fmt.Errorf("connect to NATS: %w", err)
	}
	if b.conn.IsConnected() {
		<-b.link.ready() // the handler is on its way
	}
	return nil
}

func (b *Bus) options(name string) []nats.Option {
	return append(b.handlers(),
		nats.Name(name),
		nats.Timeout(dialWait),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(retryDelay),
		nats.ReconnectBufSize(MaxData),
		nats.FlusherTimeout(writeWait),
		nats.ReconnectOnFlusherError(),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(2),
		nats.DrainTimeout(closeWait),
	)
}

// retryDelay doubles from firstRetry to lastRetry. Half of it is random, so
// that the nodes do not come back all at once.
func retryDelay(round int) time.Duration {
	d := min(firstRetry<<min(round-1, 10), lastRetry)
	return d/2 + rand.N(d/2)
}

// addressesOf splits and checks the servers' addresses. Its errors do not quote
// them, since they may hold passwords.
func addressesOf(list string) ([]string, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	addresses := strings.Split(list, ",")
	for i, address := range addresses {
		addresses[i] = strings.TrimSpace(address)
		if !isAddress(addresses[i]) {
			return nil, fmt.Errorf("PARLEY_NATS_URL: address %d is not like nats://user:password@host:4222 or tls://host:4222", i+1)
		}
	}
	return addresses, nil
}

func isAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "nats" && u.Scheme != "tls" {
		return false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	return strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}
