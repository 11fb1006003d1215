package sshserver_test

import (
	"testing"

	"github.com/seed-e0495807/strake/plugins/builtin/sshserver"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, sshserver.New(), "testdata") }
