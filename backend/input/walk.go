package input

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	walkers = 4                      // goroutines: more than processors, as some wait for the disk
	grace   = 100 * time.Millisecond // in which a walker notices that the time is over
	stride  = 256                    // files after which it looks
)

// walk is a walk over a directory by several goroutines, breadth first: if it is
// cut short, it has seen a bit of everything.
type walk struct {
	root    string
	opt     MeasureOptions
	filters []*filter // one for each walker
	ended   chan struct{}
	once    sync.Once // closes ended

	mu      sync.Mutex
	more    sync.Cond // the queue has grown, or the walk is over
	queue   []job
	busy    int  // walkers that read a directory
	over    bool // no more directories are read
	closed  bool // what is found now comes too late
	partial bool
	err     error
	entries int
	top     Entry
	unread  []Unread
	failed  int
	links   map[*Entry]inode // of files with more than one name
}

// job is a directory to read.
type job struct {
	path  string // relative, "" is the root
	entry *Entry
	known matches
	all   bool // everything in it is dropped
}

// listing is what was read of a directory.
type listing struct {
	entries []Entry
	jobs    []job
	at      []int // of each job: its entry
	links   map[int]inode
	unread  []Unread
	mixed   bool
	err     error
}

func newWalk(root string, o MeasureOptions) *walk {
	w := &walk{root: root, opt: o, ended: make(chan struct{}), links: map[*Entry]inode{}}
	w.more.L = &w.mu
	w.top.chosen = !o.Dropped
	w.queue = []job{{entry: &w.top}}
	return w
}

// run walks. It waits for no walker that hangs in a system call, as on a network
// file system, when the time is over or the context done.
func (w *walk) run(ctx context.Context) error {
	for _, f := range w.filters {
		go w.work(f)
	}
	timeout := ctx
	if w.opt.Time > 0 {
		var cancel context.CancelFunc
		timeout, cancel = context.WithTimeout(ctx, w.opt.Time)
		defer cancel()
	}
	select {
	case <-w.ended:
	case <-timeout.Done():
		w.stop()
		select {
		case <-w.ended:
		case <-ctx.Done():
		case <-time.After(grace):
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return w.err
}

// stop ends the walk before its time.
func (w *walk) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over, w.partial = true, true
	w.end()
}

// end tells everybody who waits how things stand.
func (w *walk) end() {
	if w.busy == 0 && (w.over || len(w.queue) == 0) {
		w.over = true
		w.once.Do(func() { close(w.ended) })
	}
	w.more.Broadcast()
}

func (w *walk) work(f *filter) {
	for {
		j, ok := w.next()
		if !ok {
			return
		}
		w.found(j, w.read(f, j))
	}
}

// next gives the next directory to read.
func (w *walk) next() (job, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.over && len(w.queue) == 0 {
		w.more.Wait()
	}
	if w.over {
		return job{}, false
	}
	j := w.queue[0]
	w.queue[0] = job{} // its matches are garbage soon
	w.queue = w.queue[1:]
	w.busy++
	return j, true
}

// found takes what was read of a directory.
func (w *walk) found(j job, l listing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	if !w.closed {
		w.take(j, l)
	}
	w.end()
}

func (w *walk) take(j job, l listing) {
	j.entry.Entries, j.entry.mixed = l.entries, l.mixed
	for i, at := range l.at {
		l.jobs[i].entry = &l.entries[at]
	}
	w.queue = append(w.queue, l.jobs...)
	for at, id := range l.links {
		w.links[&l.entries[at]] = id
	}
	w.failed += len(l.unread)
	w.unread = append(w.unread, l.unread[:min(len(l.unread), maxUnread-len(w.unread))]...)
	w.entries += len(l.entries)
	switch {
	case l.err != nil && w.err == nil:
		w.over, w.err = true, l.err
	case w.opt.Entries > 0 && w.entries >= w.opt.Entries && len(w.queue)+w.busy > 0:
		w.over, w.partial = true, true
	}
}

// isOver tells whether a walker should come to an end.
func (w *walk) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// read reads a directory.
func (w *walk) read(f *filter, j job) (l listing) {
	dir := filepath.Join(w.root, j.path)
	if virtual(dir) {
		return l
	}
	list, err := os.ReadDir(dir)
	if err != nil && !vanished(err) && (j.entry.chosen || !errors.Is(err, fs.ErrPermission)) {
		l.unread = append(l.unread, Unread{filepath.Join(".", j.path), cause(err)})
	}
	prefix := ""
	if j.path != "" {
		prefix = j.path + separator
	}
	l.entries = make([]Entry, 0, len(list))
	for i, d := range list {
		if i%stride == stride-1 && w.isOver() {
			return l
		}
		next := job{path: prefix + d.Name()}
		chosen, inside, other, err := w.decide(f, j, &next, d.IsDir())
		if err != nil {
			l.err = err
			return l
		}
		l.mixed = l.mixed || other
		switch {
		case d.IsDir() && (chosen || inside):
			l.entries = append(l.entries, Entry{Name: d.Name(), Type: fs.ModeDir, chosen: chosen})
			if inside {
				l.jobs, l.at = append(l.jobs, next), append(l.at, len(l.entries)-1)
			}
		case !d.IsDir() && chosen:
			l.file(d, next.path)
		}
	}
	return l
}

// decide tells whether an entry of a directory is chosen, whether to look inside,
// and whether it is what the walk does not look for: sent, not dropped.
func (w *walk) decide(f *filter, parent job, next *job, isDir bool) (chosen, inside, other bool, err error) {
	if next.all = parent.all; next.all {
		return true, true, false, nil
	}
	v, err := f.check(next.path, isDir, parent.known)
	next.known = v.known
	if !w.opt.Dropped {
		return v.sent, v.walk, false, err
	}
	next.all = !v.walk
	return v.dropped, v.walk || v.dropped, v.sent, err
}

// file adds a file, a link or the like.
func (l *listing) file(d fs.DirEntry, name string) {
	e := Entry{Name: d.Name(), Type: d.Type(), Files: 1, chosen: true}
	if d.Type().IsRegular() {
		info, err := d.Info()
		switch {
		case err != nil && vanished(err):
			return
		case err != nil:
			l.unread = append(l.unread, Unread{name, cause(err)})
			return
		}
		e.Size = info.Size()
		if id, ok := linkOf(info); ok {
			if l.links == nil {
				l.links = map[int]inode{}
			}
			l.links[len(l.entries)] = id
		}
	}
	l.entries = append(l.entries, e)
}

// vanished tells whether something was there a moment ago.
func vanished(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// virtual tells of the directories in which the sizes of files mean nothing.
func virtual(dir string) bool {
	return runtime.GOOS == "linux" && slices.Contains([]string{"/proc", "/sys", "/dev"}, dir)
}
