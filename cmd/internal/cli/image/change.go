package image

import (
	"context"
	"encoding/json"
	"strings"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Change applies the instructions of --change to the config of an image, as a Dockerfile that
// starts from it. It reports what is wrong with them.
func Change(ctx context.Context, p *cli.Process, base dockerspec.DockerOCIImage, changes []string) (dockerspec.DockerOCIImage, error) {
	set := &source.Set{}
	var wrong diag.List
	for _, change := range changes {
		wrong = append(wrong, otherThanConfig(set.Add("--change", change+"\n"))...)
	}
	if wrong.HasErrors() {
		p.Report(set, wrong)
		return base, cli.ErrReported
	}
	from := fixed{base}
	from.Config.OnBuild = nil // they are for who builds on the image
	src := set.Add("--change", "FROM base\n"+strings.Join(changes, "\n")+"\n")
	result, err := llb.Compile(ctx, src, llb.Options{Options: plan.Options{Platform: &base.Platform, Images: from}})
	if err != nil {
		p.Report(set, cli.Diagnose(err))
		return base, cli.ErrReported
	}
	onBuild := base.Config.OnBuild
	base.Config = result.Image.Config
	base.Config.OnBuild = append(onBuild, base.Config.OnBuild...)
	return base, nil
}

// fixed has the config of an image for whatever name.
type fixed struct{ dockerspec.DockerOCIImage }

// ResolveImage implements plan.ImageResolver.
func (f fixed) ResolveImage(_ context.Context, r plan.ImageRequest) (plan.ImageInfo, error) {
	config, err := json.Marshal(f.DockerOCIImage)
	return plan.ImageInfo{Ref: r.Ref, Config: config}, err
}

var configKeywords = []string{"CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}

// otherThanConfig finds what is no instruction that changes the config. What is wrong in
// one, Compile tells.
func otherThanConfig(change *source.File) (wrong diag.List) {
	file, _ := lang.Parse(change)
	for _, in := range file.Instructions() {
		switch in.(type) {
		case *lang.Cmd, *lang.Entrypoint, *lang.Env, *lang.Expose, *lang.Healthcheck, *lang.Label, *lang.Onbuild,
			*lang.StopSignal, *lang.User, *lang.Volume, *lang.Workdir:
		default:
			keyword := in.Head().Keyword
			d := wrong.Errorf(keyword.Span(), "change", "--change takes no %s", strings.ToUpper(keyword.Text))
			d.Expected = strings.Join(configKeywords, ", ") + ": those that change the config"
			if near := diag.Suggest(keyword.Text, configKeywords); near != "" {
				d.Hint = "did you mean `" + near + "`?"
			}
		}
	}
	return wrong
}
