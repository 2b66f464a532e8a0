package report

import (
	"fmt"
	"io"
	"net/url"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/weir-delivery/weir/agent"
)

// sarifHome is where a reader of a SARIF report finds what made it.
const sarifHome = "https://github.com/weir-delivery/weir"

// CheckSARIF writes a CheckReport as SARIF 2.1.0, which GitHub's code scanning and
// Azure DevOps show. Waived findings are in it, suppressed.
func CheckSARIF(w io.Writer, r agent.CheckReport, version string) error {
	run := sarif.NewRunWithInformationURI("weir", sarifHome)
	run.Tool.Driver.WithVersion(version)
	run.WithColumnKind("utf16CodeUnits")
	levels := map[severity]string{failure: sarif.LevelError, warning: sarif.LevelWarning, notice: sarif.LevelNote}
	seen := map[string]int{}
	for _, n := range notes(r) {
		rule := clean(n.rule)
		if known := run.GetRuleIndex(rule); known < 0 {
			run.AddRule(rule).WithDescription(describe(n)).
				WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(levels[n.severity]))
		}
		file, line := n.file()
		result := run.CreateResultForRule(rule).WithLevel(levels[n.severity]).WithMessage(sarif.NewTextMessage(n.body())).
			WithPartialFingerprints(map[string]string{"weir/v1": n.fingerprint(seen)}).
			AddLocation(sarif.NewLocationWithPhysicalLocation(sarif.NewPhysicalLocation().
				WithArtifactLocation(sarif.NewSimpleArtifactLocation((&url.URL{Path: file}).String())).
				WithRegion(sarif.NewRegion().WithStartLine(line))))
		if n.waiver != "" {
			result.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").WithJustification(clean(n.waiver)))
		}
	}
	if err := sarif.NewReport().AddRun(run).PrettyWrite(w); err != nil {
		return fmt.Errorf("writing SARIF: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// describe is what a rule is about, as far as what it found tells.
func describe(n note) string {
	if n.rule == problemRule {
		return "something is wrong with the input"
	}
	return n.title()
}
