package hadolint

import (
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
)

// onScript is a rule that looks at scripts that run one of some programs.
func onScript(name, doc string, severity diag.Severity, tags []string, look func(*lint.Script, *lint.Report), programs ...string) lint.Rule {
	return lint.Rule{Name: name, Doc: doc, URL: lint.Page(name), Severity: severity, Tags: tags, View: eachScript(look, programs...)}
}

func yumYes() lint.Rule {
	return onScript("DL3030", "Have yum ask nothing: use -y", diag.Warning, []string{"packages"}, yum().unattended, yum().names...)
}

func yumClean() lint.Rule {
	return onScript("DL3032", "Run yum clean all behind yum, in the same RUN", diag.Warning, []string{"packages", "size"}, yum().cleaned, yum().names...)
}

func yumPins() lint.Rule {
	return onScript("DL3033", "Say which version yum installs", diag.Warning, []string{"packages", "reproducible"}, yum().versioned, yum().names...)
}

func zypperYes() lint.Rule {
	return onScript("DL3034", "Have zypper ask nothing: use -n", diag.Warning, []string{"packages"}, zypper().unattended, zypper().names...)
}

func zypperUpgrade() lint.Rule {
	return onScript("DL3035", "Do not upgrade the distribution with zypper: start from a newer image", diag.Warning, []string{"packages", "reproducible"}, distUpgrade, "zypper")
}

func zypperClean() lint.Rule {
	return onScript("DL3036", "Run zypper clean behind zypper, in the same RUN", diag.Warning, []string{"packages", "size"}, zypper().cleaned, zypper().names...)
}

func zypperPins() lint.Rule {
	return onScript("DL3037", "Say which version zypper installs", diag.Warning, []string{"packages", "reproducible"}, zypper().versioned, zypper().names...)
}

func dnfYes() lint.Rule {
	return onScript("DL3038", "Have dnf ask nothing: use -y", diag.Warning, []string{"packages"}, dnf().unattended, dnf().names...)
}

func dnfClean() lint.Rule {
	return onScript("DL3040", "Run dnf clean all behind dnf, in the same RUN", diag.Warning, []string{"packages", "size"}, dnf().cleaned, dnf().names...)
}

func dnfPins() lint.Rule {
	return onScript("DL3041", "Say which version dnf installs", diag.Warning, []string{"packages", "reproducible"}, dnf().versioned, dnf().names...)
}
