// Package pb is generated from ir.proto: the messages of the wire form.
// Package wire turns modules into them and back.
//
// Generating takes protoc (Debian: protobuf-compiler); the plugin for Go is the
// one of the version in go.mod.
package pb

//go:generate go build -o protoc-gen-go google.golang.org/protobuf/cmd/protoc-gen-go
//go:generate protoc --plugin=./protoc-gen-go --go_out=. --go_opt=paths=source_relative ir.proto
//go:generate rm protoc-gen-go
