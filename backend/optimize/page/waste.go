package page

import (
	"github.com/seed-e0495807/strake/backend/optimize"
	"github.com/seed-e0495807/strake/backend/report"
)

// waste is what no container sees of the image before, and what became of it.
type waste struct {
	report.Waste
	Now string // what became of it; "" is nothing
}

// leftover is what package managers leave in the image before, and what became of it.
type leftover struct {
	report.Leftover
	Now string
}

// wasted says of each waste of the image before which pass took it out. That is what was measured,
// not what a pass promises: the images behind each pass that was kept are compared.
func wasted(r *optimize.Report) (list []waste) {
	if r.Before.Image == nil {
		return nil
	}
	for i, w := range r.Before.Image.Waste {
		var files []string
		for _, h := range r.Before.Image.Hidden {
			if h.Waste == i {
				files = append(files, h.Path)
			}
		}
		list = append(list, waste{w, became(r, int64(len(files)), func(image *report.Report) (n int64) {
			hidden := map[string]bool{}
			for _, h := range image.Hidden {
				hidden[h.Path] = true
			}
			for _, name := range files {
				if hidden[name] {
					n++
				}
			}
			return n
		})})
	}
	return list
}

// leftovers says the same of these.
func leftovers(r *optimize.Report) (list []leftover) {
	if r.Before.Image == nil {
		return nil
	}
	files := func(of *report.Report, pattern string) (n int64) {
		for _, l := range of.Leftovers {
			if l.Pattern == pattern {
				n += int64(l.Files)
			}
		}
		return n
	}
	for _, l := range r.Before.Image.Leftovers {
		list = append(list, leftover{l, became(r, files(r.Before.Image, l.Pattern), func(image *report.Report) int64 { return files(image, l.Pattern) })})
	}
	return list
}

// became says what became of so many files, by how many there are of them in an image.
func became(r *optimize.Report, files int64, of func(*report.Report) int64) string {
	if r.After == nil || r.After.Image == nil {
		return ""
	}
	left := of(r.After.Image)
	if left >= files {
		return "it is there after, too"
	}
	text := "gone after"
	if left > 0 {
		text = "in part gone after"
	}
	for _, o := range r.Passes {
		if o.Result == optimize.Kept && o.Before != nil && o.After != nil && o.Before.Image != nil && o.After.Image != nil && of(o.After.Image) < of(o.Before.Image) {
			return text + ": the plugin " + o.Pass.Name + " took it out"
		}
	}
	return text
}
