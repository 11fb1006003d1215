package lang_test

import (
	"testing"

	"github.com/seed-e0495807/strake/lang/cases"
)

// samples calls f for every case of the tables, those of this package included,
// and every file of the corpus.
func samples(t *testing.T, f func(t *testing.T, name, text string)) {
	t.Helper()
	for _, c := range cases.All() {
		f(t, c.Name, c.Dockerfile)
	}
	for _, s := range found {
		f(t, "found/"+s, s)
	}
	files, ok, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Log("no corpus: set STRAKE_CORPUS to its archive; only the tables were tested")
		return
	}
	for _, file := range files {
		f(t, "corpus/"+file.Name, string(file.Data))
	}
}

// found are texts that fuzzing brought up, or that no other table has.
var found = []string{
	"ARG =0",
	"ONBUILD    RUa ",
	"# escape= \nFROM a\n",
	"# syntax= \nFROM a\n",
	"FROM a\nHEALTHCHECK \xa0CMD x\n",
	"FROM a\nHEALTHCHECK CMD\x85x\n",
	"FROM a\nHEALTHCHECK NONE [] \nHEALTHCHECK CMD []\nHEALTHCHECK none\n",
	"FROM a\nENV A='b\\' C=d\\ \n",
	"FROM a\nENV A=\"b\\",
	"FROM a\nENV \\",
	"FROM a\nARG A \"\" \\",
	"FROM a\nENV A=\xff\\\nb C=d\n",
	"FROM a\nRUN cat <<'A'B <<\"C D\" <<E\\F\nAB\nC D\nEF\n",
	"FROM a\nRUN <<A\nx\n\tA\n",
	"FROM a\nRUN <<A",
	"FROM a\nRUN <<A <<B",
	"FROM a\nRUN x <<${\n",
	"FROM a\nRUN x <<${A?b}\nA\n",
	"FROM a\nCOPY [\"<<A\", \"b\"]\nCOPY [ ] \n",
	"FROM a\nRUN --x\\\n=y --\\\n  z\n",
	"FROM a\nCOPY --chown=\"a b\" --chmod='7\\5' -- --x y\n",
	"FROM a\nCOPY --from=\xc3\xa9 a b\n",
	"FROM a\nRUN a \\\n\n",
	"FROM a\nRUN a \\\n\r\n\n",
	"FROM a\nRUN a \\\n# b",
	"FROM a\n\\\n",
	"FROM a\n\\\n\n",
	"\\\n\\\nFROM a",
	"FROM a\nwor\u212adir /\n",
	"FROM a\nMA\u0130NTAINER x\n",
	"FROM a a\u017f b\n",
	"FROM a A\u017f b\n",
	"FROM a\nONBUILD  ENV A=1 B\n",
	"FROM a\nONBUILD COPY\nONBUILD ADD x\nONBUILD ARG =\nONBUILD EXPOSE\nONBUILD SHELL x\nONBUILD VOLUME []\nONBUILD USER\n" +
		"ONBUILD HEALTHCHECK\nONBUILD HEALTHCHECK x\nONBUILD HEALTHCHECK x [\"y\"]\nONBUILD LABEL\nONBUILD ENV a b\nONBUILD NOPE --x y\n" +
		"ONBUILD stopsignal 9\nONBUILD workdir\nONBUILD Entrypoint [\"a\"]\nONBUILD cmd\nONBUILD RUN [\"\\u0061\"]\n",
	"FROM a\nONBUILD -- RUN x\n",
	"FROM a\nONBUILD ADD <<A <<-B /\n\\\nA\n\t# b\n\tB\n",
	"FROM a\nONBUILD \\\n# x\n  RUN <<A \\\n  b\nA\n",
	"NOPE\nARG A\n# b\nFROM a\nNOPE x\n",
	"FROM a\nCMD [\"\\ud800\", \"\\\\\"]\nCMD [\"a\" \\\n, \"b\"]\nCMD [\"\t\"]\nCMD [1e999]\nCMD [null]\n",
}
