// Package bench measures what the optimising plugins are worth: testdata/projects has projects in
// the style of real ones, each of which is built before and after them through a replay of edits.
// All of it is tests; make bench-optimize runs them whole.
package bench
