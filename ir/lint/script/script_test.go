package script_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint/linttest"
	"github.com/seed-e0495807/strake/ir/lint/script"
)

func TestCases(t *testing.T) { linttest.Run(t, script.Rules(), script.Cases(), nil) }
