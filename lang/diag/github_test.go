package diag

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/source"
)

func TestGitHub(t *testing.T) {
	set := &source.Set{}
	set.Add("a,b:c/Dockerfile", "FROM a\nRUN b \\\n c\n")
	var out strings.Builder
	if err := GitHub(&out, set, List{
		{Code: "x/y", Span: source.Span{Start: 5, End: 6}, Message: "100% bad\nno: good", Hint: "fix it"},
		{Severity: Warning, Code: "z", Span: source.Span{Start: 7, End: 17}, Message: "two lines"},
		{Severity: Hint, Message: "nowhere"},
	}); err != nil {
		t.Fatal(err)
	}
	want := "::error file=a%2Cb%3Ac/Dockerfile,line=1,endLine=1,col=6,endColumn=7,title=x/y::100%25 bad%0Ano: good; fix it\n" +
		"::warning file=a%2Cb%3Ac/Dockerfile,line=2,endLine=3,title=z::two lines\n" +
		"::notice ::nowhere\n"
	if out.String() != want {
		t.Errorf("got\n%s\nexpected\n%s", &out, want)
	}
}
