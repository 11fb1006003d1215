package cli

import (
	"fmt"

	"github.com/docker/go-units"
)

// Quote makes a name fit for a terminal.
func Quote(name string) string {
	if q := fmt.Sprintf("%q", name); q != `"`+name+`"` {
		return q
	}
	return name
}

// Plural is like "1 file" or "12 files".
func Plural(n int, one string, many ...string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, append(many, one+"s")[0])
}

// ByteSize reads a number of bytes such as 500MB; that is 500,000,000, as in
// docker's sizes of images.
func ByteSize(flag, text string) (int64, error) {
	n, err := units.FromHumanSize(text)
	if err != nil || n < 0 {
		return 0, Misuse("invalid %s %q: expected a number of bytes, or one like 500MB", flag, text)
	}
	return n, nil
}

// Human is a size for people.
func Human(bytes int64) string { return units.HumanSize(float64(bytes)) }

// HumanSize is a size as docker's tables of images have it.
func HumanSize(n int64) string { return units.HumanSizeWithPrecision(float64(n), 3) }

// ShortID is an id as tables show it.
func ShortID(id string, full bool) string {
	const prefix = "sha256:"
	if full || len(id) < len(prefix)+12 {
		return id
	}
	return id[len(prefix) : len(prefix)+12]
}
