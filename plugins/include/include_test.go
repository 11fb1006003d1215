package include_test

import (
	"testing"

	"github.com/seed-e0495807/strake/plugins/include"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

func TestCases(t *testing.T) { plugintest.Dir(t, include.New(nil), "testdata") }
