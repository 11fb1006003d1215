package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/output"
)

// outputPrefix begins the names of the subrequests that BuildKit has not. An output answers one,
// with a text.
const outputPrefix = "frontend.strake."

// outputOf finds the output that a subrequest asks for.
func outputOf(name string) (output.Output, bool) {
	call, ok := strings.CutPrefix(name, outputPrefix)
	if !ok {
		return output.Output{}, false
	}
	return output.Called(call)
}

// request is how the list of subrequests has an output.
func request(o output.Output) subrequests.Request {
	return subrequests.Request{Name: outputPrefix + o.Call, Version: "1.0.0", Type: subrequests.TypeRPC,
		Description: strings.ToUpper(o.Doc[:1]) + o.Doc[1:], Opts: []subrequests.Named{}, Metadata: []subrequests.Named{{Name: "result.txt"}}}
}

// output answers with an output.
func (q question) output(ctx context.Context, o output.Output) (*client.Result, error) {
	text, found, err := o.Lower(ctx, q.snapshot, compile.Default)
	if err = cmp.Or(err, found.Errors().Err()); err != nil {
		return nil, err
	}
	res := client.NewResult()
	res.AddMeta("result.txt", text)
	res.AddMeta("version", []byte(request(o).Version))
	return res, nil
}

// described adds the outputs to the list of subrequests.
func described(res *client.Result) (*client.Result, error) {
	var list []subrequests.Request
	if err := json.Unmarshal(res.Metadata["result.json"], &list); err != nil {
		return nil, err
	}
	for _, o := range output.Asked() {
		list = append(list, request(o))
	}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := subrequests.PrintDescribe(data, &text); err != nil {
		return nil, err
	}
	res.AddMeta("result.json", data)
	res.AddMeta("result.txt", text.Bytes())
	return res, nil
}
