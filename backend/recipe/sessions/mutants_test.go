package sessions

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/recipe/prove"
	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/backend/validate"
)

// TestMutants holds that a proof finds a Dockerfile that is wrong: one that lacks a step, or makes a
// file with another mode, owner, content or name. Each is built, so that it is every third, or all with
// STRAKE_BENCH=1 or STRAKE_LONG=1.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds with a real BuildKit")
	}
	b := newBed(t)
	sampled := func(i int) bool { return os.Getenv("STRAKE_BENCH") != "" || testbed.Sample(i, 3) }
	s := sessions(t, "users-busybox")[0]
	in := s.input(t, b)
	in.Reader = validate.NewReader(validate.Usual())
	made, err := recipe.Read(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	judge := func(t *testing.T, made *recipe.Recipe, more string) (validate.Judgement, error) {
		dir := t.TempDir()
		context := filepath.Join(dir, "context")
		if err := made.Write(t.Context(), context); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(filepath.Join(context, "Dockerfile"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteString(more); err != nil {
			t.Fatal(err)
		}
		img, err := prove.Build(t.Context(), b.request(), nil, context, filepath.Join(dir, "image"), false)
		if err != nil {
			return "", err
		}
		p, err := prove.Compare(t.Context(), in.Reader, in.After, img, made.Left)
		if err != nil {
			t.Fatal(err)
		}
		return p.Answer, nil
	}
	if answer, err := judge(t, made, ""); answer != validate.Equal {
		t.Fatal(answer, err)
	}
	for i, step := range made.Steps {
		if !sampled(i) {
			continue
		}
		one := *made
		one.Steps = slices.Delete(slices.Clone(made.Steps), i, i+1)
		if answer, err := judge(t, &one, ""); err == nil && answer != validate.NotEqual {
			t.Errorf("without %s it is %s", step.Instruction, answer)
		}
	}
	for i, more := range []string{
		"RUN chmod 600 /srv/web/index.html",
		"RUN chown 0:700 /srv/web/index.html",
		"RUN printf x >>/srv/web/index.html",
		`RUN printf 'hellO\n' >/srv/web/index.html`,
		"RUN chmod 700 /srv/web",
		"RUN mv /srv/web/index.html /srv/web/Index.html",
		"RUN ln /srv/web/index.html /srv/web/again.html",
		"RUN cp /bin/busybox /bin/busybox2 && ln -sf busybox2 /bin/vi",
		"RUN sed -i s/worker/walker/ /etc/passwd",
		"RUN mkdir /srv/empty",
		"RUN rm /bin/vi",
		"ENV NEW=1",
		"USER web",
		"CMD [\"true\"]",
	} {
		if !sampled(i) {
			continue
		}
		if answer, err := judge(t, made, more+"\n"); err != nil || answer != validate.NotEqual {
			t.Errorf("with %s it is %s (%v)", more, answer, err)
		}
	}
}
