package output

import "github.com/seed-e0495807/strake/backend/dockerfile"

func blame() Output {
	return Output{
		Name: "blame", Call: "expand", Ext: ".blame", Comment: "#", Whole: true,
		Doc:   "the Dockerfile after the plugins, and what each line comes from",
		Lower: ofModule(dockerfile.Blame),
	}
}
