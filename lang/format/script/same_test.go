package script_test

import (
	"testing"

	"github.com/seed-e0495807/strake/lang/format/script"
)

// TestSame holds that layout does not count, and that anything else does.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"a  b;c", "a b\nc", true},
		{"a && \\\n b", "a&&b", true},
		{"if a; then b; fi", "if a\nthen\n\tb\nfi", true},
		{"echo `a`", "echo $(a)", true},
		{"if", "if", true}, // what nobody reads is the same only as itself
		{"if", "if  ", false},
		{"a # c", "a\n", false},
		{"a # c", "a # d", false},
		{"a 'b  c'", "a 'b c'", false},
		{"a 'b'", "a b", false},
		{"a && b", "a || b", false},
		{"a && b; c", "a && { b; c; }", false},
		{"a >b", "a >>b", false},
		{"a b", "a c", false},
		{"a;b", "b;a", false},
		{"a &", "a", false},
		{"! a", "a", false},
		{"a $b", "a ${b:-}", false},
		{"a", "if", false},
	} {
		if got := script.Same(c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
