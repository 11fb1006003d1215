package ir_test

import (
	"fmt"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

// A module is read from a text, and an op is added to a stage.
func Example() {
	m, _, err := ir.Read(source.NewFile("Dockerfile", "FROM debian:12 AS base\nRUN true\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	m = m.Copy() // others may hold the one that was read
	base := m.Stages[0]
	base.Ops = append(base.Ops, &ir.Op{Body: &ir.User{Name: "app"}})
	for _, op := range base.Ops {
		fmt.Println(op.Text())
	}
	// Output:
	// RUN true
	// USER app
}
