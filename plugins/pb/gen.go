// Package pb is generated from plugin.proto: the protocol strake.plugin.v1
// between a host and a plugin in another process. Packages host and sdk speak it.
//
// Generating takes protoc (Debian: protobuf-compiler); the plugins for Go are those of
// the versions in go.mod.
package pb

//go:generate go build -o . google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
//go:generate protoc -I . -I ../../ir/pb --plugin=./protoc-gen-go --plugin=./protoc-gen-go-grpc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative plugin.proto
//go:generate rm protoc-gen-go protoc-gen-go-grpc
