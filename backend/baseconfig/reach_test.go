package baseconfig_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/baseconfig"
)

// TestReachHint holds that a registry without TLS is known by net/http's own error.
func TestReachHint(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := http.Get("https" + strings.TrimPrefix(server.URL, "http"))
	if err == nil || !strings.Contains(baseconfig.ReachHint(err), "it speaks HTTP") {
		t.Errorf("%v: %s", err, baseconfig.ReachHint(err))
	}
	if got := baseconfig.ReachHint(errors.New("connection refused")); got != "check the network and the host name" {
		t.Error(got)
	}
}
