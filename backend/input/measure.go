package input

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// MeasureOptions say how a directory is measured. The zero value measures what is
// sent, however long that takes.
type MeasureOptions struct {
	// Dropped measures what the exclude patterns drop of the whole directory, in
	// place of what is sent.
	Dropped bool
	// Time and Entries bound the work; 0 is no bound. Size.Partial tells that one
	// was reached.
	Time    time.Duration
	Entries int
}

// Size is what a directory holds of what is sent, or of what is dropped.
type Size struct {
	Entry            // the directory itself, with the name "."
	Dirs    int      // below it
	Partial bool     // there is more
	Unread  []Unread // at most maxUnread of Failed
	Failed  int      // files and directories that could not be read
}

// Unread is what could not be read. Path is relative to the directory.
type Unread struct {
	Path string
	Err  error
}

// Entry is a file or a directory.
type Entry struct {
	Name    string      // the last element of its path
	Type    fs.FileMode // type bits only
	Whole   bool        // dropped, with all that is in it
	Size    int64       // bytes of regular files: its own, or of all below it
	Files   int         // below it, links and the like counted; 1 when it is no directory
	Entries []Entry     // of a directory, by name

	chosen bool // by itself, not only for what is in it
	mixed  bool // something in it is not chosen
}

// maxUnread is how many failures are kept; they tend to have one cause.
const maxUnread = 10

// Measure walks a directory and adds up what BuildKit's client would send of it.
// No file is read. A file counts with the size that it says it has, holes
// included, as it is sent like that; of hard links one counts, as the others are
// sent as links. Links are not followed. Of what changes meanwhile, either state
// is taken. What cannot be read is listed, and is no error.
func Measure(ctx context.Context, l Local, o MeasureOptions) (*Size, error) {
	root, err := filepath.EvalSymlinks(l.Dir)
	if err != nil {
		return nil, missingPath(l.Dir, err)
	}
	info, err := os.Stat(root)
	switch {
	case err != nil:
		return nil, missingPath(l.Dir, err)
	case !info.IsDir():
		return nil, fail("not-a-directory", "name a directory", "the build context %s is a file", l.Dir)
	}
	var include []string
	if !o.Dropped {
		if include, err = follow(root, l.Follow); err != nil {
			return nil, err
		}
	}
	w := newWalk(root, o)
	for range walkers {
		f, err := newFilter(include, l.Exclude)
		if err != nil {
			return nil, badPattern(include, l.Exclude, err)
		}
		w.filters = append(w.filters, f)
	}
	if err := w.run(ctx); err != nil {
		return nil, badPattern(include, l.Exclude, err)
	}
	return w.size(), nil
}

// size adds up what the walk found.
func (w *walk) size() *Size {
	s := &Size{Entry: w.top, Partial: w.partial, Unread: w.unread, Failed: w.failed}
	s.Name, s.Type = ".", fs.ModeDir
	slices.SortFunc(s.Unread, func(a, b Unread) int { return strings.Compare(a.Path, b.Path) })
	t := total{dropped: w.opt.Dropped, links: w.links, seen: map[inode]bool{}}
	t.add(&s.Entry)
	s.Dirs = t.dirs
	return s
}

// total goes over a tree in the order in which it is sent, as the first of hard
// links is the one that counts.
type total struct {
	dropped bool
	links   map[*Entry]inode
	seen    map[inode]bool
	dirs    int
}

// add fills in what a directory amounts to, and drops from it the directories
// that were looked into in vain.
func (t *total) add(e *Entry) {
	e.Whole = t.dropped && e.chosen && !e.mixed
	kept := e.Entries[:0]
	for i := range e.Entries {
		c := &e.Entries[i]
		switch {
		case c.Type.IsDir():
			t.add(c)
			e.Whole = e.Whole && c.Whole
			if !c.chosen && len(c.Entries) == 0 {
				continue
			}
			t.dirs++
		default:
			c.Whole = t.dropped
			if id, ok := t.links[c]; ok {
				if t.seen[id] {
					c.Size = 0
				}
				t.seen[id] = true
			}
		}
		e.Size += c.Size
		e.Files += c.Files
		kept = append(kept, *c)
	}
	e.Entries = kept
}
