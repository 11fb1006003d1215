// Package sessions measures what becomes of changes that people make by hand: testdata/sessions has
// scripts of such changes, each of which is kept as an image, written as a Dockerfile by package
// recipe, built from that, and compared. All of it is tests; make sessions runs them whole.
package sessions
