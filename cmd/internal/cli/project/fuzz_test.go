package project

import (
	"net"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// FuzzOptions reads any words as values of the flags that have a form of their own.
func FuzzOptions(f *testing.F) {
	for _, word := range []string{"a=b", "HTTP_PROXY", "=", "host:1.2.3.4", "host=[::1]", "x=oci-layout://d:1", "Debian:13=docker-image://y", "nofile=1:2", "memory=2g", "cpu-quota=-1", "64m", "linux/arm/v7", "\xff=\x00", ""} {
		f.Add(word)
	}
	env := func(string) (string, bool) { return "", false }
	f.Fuzz(func(t *testing.T, word string) {
		b := BuildFlags{buildArgs: []string{word}, labels: []string{word}, Platforms: []string{word}}
		b.resources.declare(pflag.NewFlagSet("", pflag.ContinueOnError))
		if o, err := b.Options(env); err != nil {
			t.Errorf("%q: %v", word, err)
		} else if _, ok := o["build-arg:"]; ok {
			t.Errorf("%q: an argument without a name", word)
		}
		if hosts, err := extraHosts([]string{word}); err == nil {
			if _, ip, _ := strings.Cut(hosts, "="); net.ParseIP(ip) == nil {
				t.Errorf("%q is the host %q", word, hosts)
			}
		}
		if named, err := NamedContexts([]string{word}); err == nil {
			for name, value := range named {
				if name == "" || value == "" {
					t.Errorf("%q is the context %q, %q", word, name, value)
				}
			}
		}
		for _, set := range []func(*BuildFlags){
			func(b *BuildFlags) { b.ulimits = []string{word} }, func(b *BuildFlags) { b.shmSize = word }, func(b *BuildFlags) { b.resources.list = []string{word} },
		} {
			one := b
			set(&one)
			_ = one.limits(func(string, string) {})
		}
		Distinct([]string{word, word})
	})
}
