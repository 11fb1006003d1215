package baseconfig

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
)

const maxRedirects = 10

// baseTransport returns the transport given, or else one of our own, so that its
// connections are not shared with the rest of the process.
func baseTransport(t http.RoundTripper) http.RoundTripper {
	if t != nil {
		return t
	}
	if def, ok := http.DefaultTransport.(*http.Transport); ok {
		return def.Clone()
	}
	return http.DefaultTransport
}

// guard refuses plain HTTP to other machines, for credentials and tags are not
// safe there. go-containerregistry would speak it with all private networks.
type guard struct{ base http.RoundTripper }

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !isLoopback(req.URL.Hostname()) {
		return nil, fmt.Errorf("plain HTTP to %s is refused, it is for registries on this machine", req.URL.Host)
	}
	return g.base.RoundTrip(req)
}

// checkRedirect bounds the redirects of a registry, and keeps a remote one from
// directing us to services that only this machine can reach.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errors.New("too many redirects")
	}
	from, to := via[0].URL.Hostname(), req.URL.Hostname()
	if !isLoopback(from) && (isLoopback(to) || isLinkLocal(to)) {
		return fmt.Errorf("the registry redirects to the local host %s", to)
	}
	return nil
}

// isLoopback reports whether the host name, without a port, is this machine by
// docker's rules: localhost, 127.0.0.0/8 or ::1.
func isLoopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// isLinkLocal is about the metadata services of clouds.
func isLinkLocal(host string) bool {
	return net.ParseIP(host).IsLinkLocalUnicast()
}

// hostname cuts the port off a registry host such as [::1]:5000.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return h
	}
	return strings.Trim(host, "[]")
}
