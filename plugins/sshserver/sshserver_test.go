package sshserver_test

import (
	"testing"

	"github.com/seed-e0495807/strake/plugins/plugintest"
	"github.com/seed-e0495807/strake/plugins/sshserver"
)

func TestCases(t *testing.T) { plugintest.Dir(t, sshserver.New(), "testdata") }
