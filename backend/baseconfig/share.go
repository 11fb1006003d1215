package baseconfig

import "net/http"

// Guard gives a transport that refuses plain HTTP to other machines, for the other
// packages that talk to registries. A base of nil is a transport of our own.
func Guard(base http.RoundTripper) http.RoundTripper { return guard{baseTransport(base)} }

// CheckRedirect is the policy for the redirects of a registry, for http.Client.
func CheckRedirect(req *http.Request, via []*http.Request) error { return checkRedirect(req, via) }

// IsLoopback reports whether a registry host, with or without a port, is this
// machine. Such a registry may speak plain HTTP.
func IsLoopback(host string) bool { return isLoopback(hostname(host)) }
