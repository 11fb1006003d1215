package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/backend/testbed"
)

func TestExplore(t *testing.T) {
	hub := testbed.StartRegistry(t, testbed.Busybox)
	real := testbed.StartRealRegistry(t, testbed.RealOptions{})
	s := time.Now()
	d := testbed.StartDocker(t, testbed.DockerOptions{Hub: hub})
	t.Log(time.Since(s))
	bk := testbed.StartDaemon(t, hub, real)
	os.WriteFile("/tmp/dk.env", []byte(fmt.Sprintf("export DOCKER_HOST=%s HUB=%s REAL=%s BK=%s STRAKE_HOME=/tmp/dk.home\n", d.Host, hub.Host, real.Host, bk.Addr)), 0o644)
	for {
		if _, err := os.Stat("/tmp/dk.env"); err != nil {
			return
		}
		time.Sleep(time.Second / 5)
	}
}
