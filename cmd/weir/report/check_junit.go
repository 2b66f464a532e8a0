package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/policy"
)

// junitSuites is a JUnit report, in the form that Jenkins, GitLab and others read.
type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string      `xml:"classname,attr"`
	Name    string      `xml:"name,attr"`
	File    string      `xml:"file,attr,omitempty"`
	Failure *junitSaid  `xml:"failure"`
	Error   *junitSaid  `xml:"error"`
	Skipped *junitSaid  `xml:"skipped"`
	Out     *junitPlain `xml:"system-out"`
}

type junitSaid struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

type junitPlain struct {
	Text string `xml:",chardata"`
}

// CheckJUnit writes a CheckReport as a JUnit report: a test for each rollout that is
// allowed, and one for each finding and problem.
func CheckJUnit(w io.Writer, r agent.CheckReport) error {
	s := junitSuite{Name: "weir check"}
	for _, c := range r.Rollouts {
		if c.Decision == policy.Allow {
			s.Cases = append(s.Cases, junitCase{Class: clean(c.Environment), Name: clean(c.Name), File: clean(c.Plan.File), Out: &junitPlain{plural(len(c.Steps), "step")}})
		}
	}
	for _, n := range notes(r) {
		s.add(n)
	}
	if len(s.Cases) == 0 { // a report of no tests is an error to some
		s.Cases = []junitCase{{Class: "weir", Name: "the change moves nothing"}}
	}
	s.Tests = len(s.Cases)
	text, err := xml.MarshalIndent(junitSuites{Suite: s}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(text)+"\n")
	return err
}

func (s *junitSuite) add(n note) {
	text := n.body()
	if at := n.at.String(); at != "" {
		text += "\n" + clean("at "+at)
	}
	c := junitCase{Class: clean(n.rule), Name: strings.TrimSpace(clean(n.about) + " " + n.title()), File: clean(n.at.File)}
	said := &junitSaid{n.title(), text}
	switch {
	case n.rule == problemRule:
		c.Error = said
		s.Errors++
	case n.severity == failure:
		c.Failure = said
		s.Failures++
	case n.severity == notice:
		c.Skipped = said
		s.Skipped++
	default:
		c.Out = &junitPlain{text}
	}
	s.Cases = append(s.Cases, c)
}
