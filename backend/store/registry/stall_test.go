package registry

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A registry that stops in the middle is left, one that is slow is not.
func TestStall(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 10 {
			io.WriteString(w, "some data\n")
			w.(http.Flusher).Flush()
			time.Sleep(40 * time.Millisecond)
		}
		if r.URL.Path == "/stalls" {
			<-stop
		}
	}))
	defer srv.Close()
	defer close(stop)
	client := http.Client{Transport: stallGuard{http.DefaultTransport, 300 * time.Millisecond}}
	for path, want := range map[string]error{"/slow": nil, "/stalls": errStalled} {
		resp, err := client.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if len(data) != 100 || !errors.Is(err, want) {
			t.Errorf("%s: %d bytes, %v", path, len(data), err)
		}
	}
}
