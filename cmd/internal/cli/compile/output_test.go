package compile

import (
	"slices"
	"testing"
)

func TestFileNames(t *testing.T) {
	got := fileNames([]string{".", "-", "a/b", "a-b", "../a/b", "./c/", "https://host/r.git#main:d", "/"})
	want := []string{"Dockerfile", "stdin", "a-b", "a-b-2", "a-b-3", "c", "host-r.git-main-d", "Dockerfile-2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
