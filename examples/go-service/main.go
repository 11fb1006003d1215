// Command hello answers every request with a greeting.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	check := flag.Bool("check", false, "ask the running service whether it is well")
	addr := flag.String("addr", ":8080", "where to listen")
	flag.Parse()
	if *check {
		resp, err := http.Get("http://127.0.0.1" + *addr)
		if err != nil || resp.StatusCode != http.StatusOK {
			os.Exit(1)
		}
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello from a Strake image") })
	log.Fatal(http.ListenAndServe(*addr, nil))
}
