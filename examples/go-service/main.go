// Command hello answers every request with a greeting.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

func main() {
	check := flag.Bool("check", false, "ask the running service whether it is well")
	addr := flag.String("addr", ":8080", "where to listen")
	flag.Parse()
	if *check {
		resp, err := http.Get("http://127.0.0.1" + *addr + "/healthz")
		if err != nil || resp.StatusCode != http.StatusOK {
			os.Exit(1)
		}
		return
	}
	r := chi.NewRouter()
	r.Use(middleware.Recoverer, middleware.Heartbeat("/healthz"))
	r.Get("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello from a Strake image") })
	r.Get("/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s, from a Strake image\n", chi.URLParam(r, "name"))
	})
	log.Fatal(http.ListenAndServe(*addr, r))
}
