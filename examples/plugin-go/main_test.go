package main

import (
	"testing"

	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestPlugin(t *testing.T) { plugintest.Dir(t, plugin(), "testdata") }
