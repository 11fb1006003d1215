//go:build !linux

package main

// prober is for containers.
func prober() {}
