package shell_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/ir/shell"
)

// TestComments holds which lines are comments, and which are data that looks like them.
func TestComments(t *testing.T) {
	for _, c := range []struct {
		text string
		want []uint
	}{
		{"# a\nb # c\n\t# d\n", []uint{1, 3}},
		{"cat <<X\n# a\nX\n# b\n", []uint{4}},
		{"cat <<-X\n\t# a\n\tX\n# b\n", []uint{4}},
		{"f() {\n# a\nif b; then\n# c\nd; fi\n# e\n}\ncase a in\n# f\nb)\n# g\nc;;\n# h\nesac\n", []uint{2, 4, 6, 9, 11, 13}},
		{"echo \"\n# a\n\" '\n# b\n' $(\n# c\nd)\n", []uint{6}},
		{"a=(\n# b\nc)\n(\n# d\ne\n# f\n)\n", []uint{2, 5, 7}},
		{"a |\n# b\nc && # x\n# d\ne\n", []uint{2, 4}},
	} {
		got, ok := shell.Comments(c.text)
		if list := slices.Sorted(maps.Keys(got)); !ok || !slices.Equal(list, c.want) {
			t.Errorf("%q: %v, %v; want %v", c.text, list, ok, c.want)
		}
	}
	if _, ok := shell.Comments("if a\n# b\n"); ok {
		t.Error("half a script is read")
	}
}
