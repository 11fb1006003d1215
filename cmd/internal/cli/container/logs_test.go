package container

import (
	"testing"
	"time"
)

// TestInstant holds that times are read as docker reads them.
func TestInstant(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.Local)
	for text, want := range map[string]time.Time{
		"":                               {},
		"42m":                            now.Add(-42 * time.Minute),
		"1h30m":                          now.Add(-90 * time.Minute),
		"1700000000":                     time.Unix(1700000000, 0),
		"1700000000.25":                  time.Unix(1700000000, 250_000_000),
		"2026-01-02T15:04:05Z":           time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC),
		"2026-01-02T15:04:05.000000001Z": time.Date(2026, 1, 2, 15, 4, 5, 1, time.UTC),
		"2026-01-02T15:04:05+01:00":      time.Date(2026, 1, 2, 14, 4, 5, 0, time.UTC),
		"2026-01-02T15:04:05":            now,
		"2026-01-02T15:04":               now.Truncate(time.Minute),
		"2026-01-02":                     time.Date(2026, 1, 2, 0, 0, 0, 0, time.Local),
		"2026-01-02Z":                    time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := instant(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, want %v: %v", text, got, want, err)
		}
	}
	for _, text := range []string{"yesterday", "2026-13-01", "1.x", "1700000000.1234567890", "-"} {
		if got, err := instant(text, now); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
