package optimize

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-e0495807/strake/backend/build"
	"github.com/seed-e0495807/strake/backend/report"
	"github.com/seed-e0495807/strake/lang/regular"
)

// Measurement is what a Dockerfile takes: a build of the first state of a replay without a
// cache, and one of each state behind it with the cache that the builds before it have left.
type Measurement struct {
	Cold     time.Duration   `json:"cold"`
	Rebuilds []time.Duration `json:"rebuilds"`
	Size     int64           `json:"size"`   // bytes of the layers, compressed, at the end
	Layers   int             `json:"layers"` // at the end
	// Times is how often it was measured: each build has the least time that it took, for what
	// else a machine does makes it longer only. 0 is once.
	Times   int `json:"times,omitempty"`
	Details `json:"-"`

	text string // that was built
}

// Details are what a measurement saw besides; each is nil when it is not known.
type Details struct {
	Traces []*build.Trace `json:"traces,omitempty"` // of the build without a cache, and of the rebuilds
	Image  *report.Report `json:"image,omitempty"`  // what is in the layers, at the end
	// Packings are compressions of the layers that the Dockerfile makes, of the first that is measured.
	Packings []Packing `json:"packings,omitempty"`
}

// kept is a measurement as it is in a file.
type kept struct {
	*Measurement
	Details Details `json:"details"`
}

// Rebuild is the sum of the rebuilds.
func (m *Measurement) Rebuild() (sum time.Duration) {
	for _, d := range m.Rebuilds {
		sum += d
	}
	return sum
}

// What is clearly more or less than something: by a share of it, and by no less than a
// smallest amount, which clocks and a busy machine make of themselves.
const (
	clearShare = 0.05
	clearTime  = time.Second
	clearSize  = 64 << 10 // bytes
)

// mostTimes is how often a Dockerfile is measured at most.
const mostTimes = 3

// clear is by how much a value has to differ from one before.
func clear[T time.Duration | int64](before, least T) T {
	return max(least, T(clearShare*float64(before)))
}

// clearly tells whether a value is clearly smaller (-1) or larger (1) than before.
func clearly[T time.Duration | int64](before, after, least T) int {
	by := clear(before, least)
	switch {
	case after <= before-by:
		return -1
	case after >= before+by:
		return 1
	}
	return 0
}

// perhaps gives what clearly may tell of times at another time: the difference is within half of
// what is clear from where the answer changes.
func perhaps(before, after time.Duration) []int {
	is, by := clearly(before, after, clearTime), clear(before, clearTime)
	switch d := (after - before).Abs(); {
	case d <= by/2 || d >= by+by/2:
		return []int{is}
	case after < before:
		return []int{-1, 0}
	}
	return []int{0, 1}
}

// against compares with what was before, in the order rebuilds, size, cold build.
func (m *Measurement) against(before *Measurement) [3]int {
	return [3]int{
		clearly(before.Rebuild(), m.Rebuild(), clearTime),
		clearly(before.Size, m.Size, clearSize),
		clearly(before.Cold, m.Cold, clearTime),
	}
}

// pays tells whether it is better than before.
func (m *Measurement) pays(before *Measurement) bool { return pay(m.against(before)) }

// doubtful tells whether noise may have decided whether it is better.
func (m *Measurement) doubtful(before *Measurement) bool {
	by := m.against(before)
	is := pay(by)
	for _, by[0] = range perhaps(before.Rebuild(), m.Rebuild()) {
		for _, by[2] = range perhaps(before.Cold, m.Cold) {
			if pay(by) != is {
				return true
			}
		}
	}
	return false
}

// least takes the builds of another measurement of the same that took less.
func (m *Measurement) least(o *Measurement) {
	m.Times = max(m.Times, 1) + 1
	trace := func(i int) {
		if i < min(len(m.Traces), len(o.Traces)) {
			m.Traces[i] = o.Traces[i]
		}
	}
	if o.Cold < m.Cold {
		m.Cold = o.Cold
		trace(0)
	}
	for i, d := range o.Rebuilds {
		if d < m.Rebuilds[i] {
			m.Rebuilds[i] = d
			trace(i + 1)
		}
	}
}

// pay tells what is better: clearly in one way, and not clearly worse in another. A cold build may
// take longer where rebuilds take less, as there are more of those.
func pay(by [3]int) bool {
	if by[0] < 0 && by[2] > 0 {
		by[2] = 0
	}
	return min(by[0], by[1], by[2]) < 0 && max(by[0], by[1], by[2]) <= 0
}

// shelf keeps measurements in a directory, so that the next run does not repeat them. The zero
// value keeps none.
type shelf struct {
	dir   string
	fresh bool // what is there does not count
}

// maxMeasurement bounds a file of the shelf.
const maxMeasurement = 32 << 20

func (s shelf) name(key string) string {
	return filepath.Join(s.dir, fmt.Sprintf("%x.json", sha256.Sum256([]byte(key))))
}

// get gives the measurement of a key, nil when there is none. One that cannot be read is none.
func (s shelf) get(key string) *Measurement {
	if s.dir == "" || s.fresh {
		return nil
	}
	data, err := regular.Read(s.name(key), maxMeasurement)
	if err != nil {
		return nil
	}
	k := kept{Measurement: &Measurement{}}
	if json.Unmarshal(data, &k) != nil || len(k.Rebuilds) == 0 {
		return nil
	}
	k.Measurement.Details = k.Details
	return k.Measurement
}

// put keeps a measurement.
func (s shelf) put(key string, m *Measurement) error {
	if s.dir == "" {
		return nil
	}
	data, err := json.Marshal(kept{m, m.Details})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := regular.CreateOver(s.name(key))
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Abandon()
		return err
	}
	return f.Commit()
}

// measure has a builder replay a text, unless the shelf has it.
func (x *search) measure(ctx context.Context, what, text string) (*Measurement, error) {
	key := x.Key + "\x00" + text
	if m := x.shelf.get(key); m != nil && len(m.Rebuilds) == x.Rebuilds {
		x.kept++
		m.text = text
		x.say(what+": measured before", x.Rebuilds+1)
		return m, nil
	}
	m, err := x.replay(ctx, what, text)
	if err != nil {
		return nil, err
	}
	return m, x.shelf.put(key, m)
}

// settle measures two texts again while noise may decide which is better.
func (x *search) settle(ctx context.Context, what string, before, after *Measurement) error {
	for after.doubtful(before) && min(before.Times, after.Times) < mostTimes {
		for _, m := range []*Measurement{after, before} {
			if m.Times >= mostTimes {
				continue
			}
			if x.Added != nil {
				x.Added(x.Rebuilds + 1)
			}
			again, err := x.replay(ctx, what+", again", m.text)
			if err != nil {
				return err
			}
			m.least(again)
			if err := x.shelf.put(x.Key+"\x00"+m.text, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// replay has a builder replay a text.
func (x *search) replay(ctx context.Context, what, text string) (*Measurement, error) {
	run, err := x.Builder.Start(ctx, text)
	if err != nil {
		return nil, err
	}
	m := &Measurement{text: text}
	for i := range x.Rebuilds + 1 {
		build := "without a cache"
		if i > 0 {
			build = fmt.Sprintf("edit %d of %d", i, x.Rebuilds)
		}
		x.say(what+": "+build, 1)
		d, trace, err := run.Build(ctx, i)
		if err != nil {
			return nil, err
		}
		m.Traces = append(m.Traces, trace)
		if i == 0 {
			m.Cold = d
		} else {
			m.Rebuilds = append(m.Rebuilds, d)
		}
	}
	return m, run.Image(ctx, m)
}
