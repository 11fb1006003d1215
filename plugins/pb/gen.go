// Package pb is generated from plugin.proto: the protocol strake.plugin.v1
// between a host and a plugin in another process. Packages host and sdk speak it.
//
// Generating takes protoc (Debian: protobuf-compiler); its plugin for Go is that of the version in
// go.mod, and that for gRPC a module of its own, which nothing else here takes.
package pb

//go:generate go build -o . google.golang.org/protobuf/cmd/protoc-gen-go
//go:generate sh -c "GOBIN=$DOLLAR(pwd) go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2"
//go:generate protoc -I . -I ../../ir/pb --plugin=./protoc-gen-go --plugin=./protoc-gen-go-grpc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative plugin.proto
//go:generate rm protoc-gen-go protoc-gen-go-grpc
