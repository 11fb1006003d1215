package llb

import bk "github.com/moby/buildkit/client/llb"

// deep is the number of vertices from which flatten is worth it.
const deep = 500

// flatten lets a vertex name all that stands behind it as its inputs, each vertex
// behind those that it reads. Marshalling visits inputs before the vertex itself
// and each vertex once, so the order of the definition stays as it is; but it
// recurses no deeper than the list, where a chain of a hundred thousand steps took
// hundreds of megabytes of stack.
func flatten(out bk.Output, count int) {
	root, ok := out.(*vertex)
	if !ok || count < deep {
		return
	}
	type frame struct {
		v    *vertex
		next int
	}
	list := make([]bk.Output, 0, count)
	seen := make(map[bk.Output]struct{}, count)
	path := []frame{{v: root}}
	for len(path) > 0 {
		top := &path[len(path)-1]
		if top.next == len(top.v.inputs) {
			list = append(list, top.v)
			path = path[:len(path)-1]
			continue
		}
		in := top.v.inputs[top.next]
		top.next++
		if _, ok := seen[in]; ok {
			continue
		}
		seen[in] = struct{}{}
		if v, ok := in.(*vertex); ok {
			path = append(path, frame{v: v})
		} else {
			list = append(list, in)
		}
	}
	root.behind = list[:len(list)-1]
}
