package egress_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"parley/internal/egress"
)

func TestInternalAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]egress.Reason{
		"127.0.0.1:993":                egress.Loopback,
		"localhost:993":                egress.Loopback,
		"0.0.0.0:993":                  egress.Loopback,
		"[::1]:993":                    egress.Loopback,
		"10.1.2.3:993":                 egress.Private,
		"172.16.0.1:25":                egress.Private,
		"192.168.1.1:465":              egress.Private,
		"[fd12::1]:993":                egress.Private,
		"169.254.7.7:587":              egress.LinkLocal,
		"169.254.169.254:25":           egress.Metadata,
		"100.100.100.200:2525":         egress.Metadata,
		"[fd00:ec2::254]:993":          egress.Metadata,
		"168.63.129.16:25":             egress.Metadata,
		"100.64.0.1:993":               egress.Reserved,
		"192.0.2.1:993":                egress.Reserved,
		"[64:ff9b::a00:1]:993":         egress.Reserved, // NAT64 of 10.0.0.1
		"[2002:a00:1::1]:993":          egress.Reserved, // 6to4 of 10.0.0.1
		"[::ffff:10.0.0.1]:993":        egress.Private,
		"[::ffff:169.254.169.254]:993": egress.Metadata,
		"224.0.0.1:993":                egress.Reserved,
		"[ff02::1]:993":                egress.Reserved,
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			_, err := egress.New(nil).DialContext(t.Context(), "tcp", address)
			var refused *egress.Error
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if refused.Reason != want {
				t.Errorf("refused as %q, want %q", refused.Reason, want)
			}
		})
	}
}

func TestErrorTellsTheHostAndNotItsAddress(t *testing.T) {
	t.Parallel()
	_, err := egress.New(nil).DialContext(t.Context(), "tcp", "localhost:993")
	if err == nil || !strings.Contains(err.Error(), "localhost") {
		t.Fatalf("got %v, want the host's name in it", err)
	}
	if strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "::1") {
		t.Errorf("%q tells the address", err)
	}
}

func TestPortsOfOtherServicesAreRefused(t *testing.T) {
	t.Parallel()
	for port, open := range map[string]bool{
		"22": false, "53": false, "80": false, "443": false, "445": false,
		"25": true, "110": true, "143": true, "465": true, "587": true, "993": true, "995": true,
		"2525": true, "10025": true,
	} {
		// An address of documentation: connecting ends there at the latest.
		_, err := egress.New(nil).DialContext(t.Context(), "tcp", "192.0.2.1:"+port)
		var refused *egress.Error
		if !errors.As(err, &refused) {
			t.Fatalf("port %s: got %v, want an *Error", port, err)
		}
		if got := refused.Reason != egress.Port; got != open {
			t.Errorf("port %s: open %t, want %t", port, got, open)
		}
	}
}

func TestHTTPClientConnectsToPortsOfTheWebAlone(t *testing.T) {
	t.Parallel()
	client := egress.New(nil).HTTPClient()
	t.Cleanup(client.CloseIdleConnections)
	for url, want := range map[string]egress.Reason{
		"http://192.0.2.1:25/":   egress.Port,
		"http://192.0.2.1:8080/": egress.Port,
		"http://192.0.2.1/":      egress.Reserved,
		"https://192.0.2.1/":     egress.Reserved,
	} {
		err := get(client, url)
		var refused *egress.Error
		if !errors.As(err, &refused) || refused.Reason != want {
			t.Errorf("%s: got %v, want %q", url, err, want)
		}
	}
}

func TestAllowedNetworksAreReached(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	at := server.Listener.Addr().String()
	open := egress.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})

	conn, err := open.DialContext(t.Context(), "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	client := open.HTTPClient()
	t.Cleanup(client.CloseIdleConnections)
	if err := get(client, server.URL); err != nil {
		t.Fatal(err)
	}
	if _, err := open.DialContext(t.Context(), "tcp", "10.0.0.1:993"); err == nil {
		t.Error("an allowed network opens another one")
	}
}

func TestHTTPClientRefusesRedirectsInside(t *testing.T) {
	t.Parallel()
	const inside = "127.0.0.2:443"
	outside := httptest.NewServer(http.RedirectHandler("http://"+inside+"/", http.StatusFound))
	t.Cleanup(outside.Close)
	client := egress.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}).HTTPClient()
	t.Cleanup(client.CloseIdleConnections)

	err := get(client, outside.URL)
	var refused *egress.Error
	if !errors.As(err, &refused) || refused.Host != "127.0.0.2" {
		t.Fatalf("got %v, want 127.0.0.2 refused", err)
	}
}

func get(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err == nil {
		response.Body.Close()
	}
	return err
}
