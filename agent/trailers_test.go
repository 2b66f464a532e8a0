package agent_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/weir-delivery/weir/agent"
)

func TestTrailersAreTheLastParagraphOfAMessage(t *testing.T) {
	for message, want := range map[string]map[string]string{
		"":                              {},
		"Change-Id: CHG1":               {}, // a subject
		"more to v3\n\nChange-Id: CHG1": {"Change-Id": "CHG1"},
		"more to v3\r\n\r\nWhy: because\r\n\r\nChange-Id: CHG1\r\nApproved-by : Bob <b@x>\r\n": {"Change-Id": "CHG1", "Approved-by": "Bob <b@x>"},
		"s\n\nCo-authored-by: Ann\nCo-authored-by: Bob\n":                                      {"Co-authored-by": "Ann, Bob"},
		"s\n\nChange-Id: CHG1\n  and CHG2\n":                                                   {"Change-Id": "CHG1 and CHG2"},
		"s\n\nsee also: nothing\nChange-Id: CHG1\n":                                            {}, // prose
		"s\n\nChange-Id: CHG1\n\nbut this came later":                                          {},
		"s\n\nChange-Id: \x1b[31mCHG1\n":                                                       {"Change-Id": "[31mCHG1"},
	} {
		assert.Equal(t, want, agent.Trailers(message), "%q", message)
	}
}

func TestCoAuthorsAreThoseOfTheLastParagraph(t *testing.T) {
	for message, is := range map[string][]string{
		"half to v3": nil,
		"half to v3\n\nIt is good.\n\nCo-authored-by: Bob <bob@example.com>\nCO-AUTHORED-BY :  Ann B. <ann@example.com> \n": {"Bob <bob@example.com>", "Ann B. <ann@example.com>"},
		"half to v3 (#7)\r\n\r\n---------\r\nCo-authored-by: Bob <bob@example.com>\r\n":                                     {"Bob <bob@example.com>"},
		"half to v3\nco-authored-by: <bob@example.com>":                                                                     {"<bob@example.com>"},
		"half to v3\n\nCo-authored-by: Bob <bob@example.com>\n\nIt was not I, says Bob.":                                    nil,
		"half to v3\n\nCo-authored-by: Bob\nReviewed-by: Ann <ann@example.com>":                                             nil,
		"half to v3\n\nCo-authored-by: B\x1bob <bob@example.com>\nChange-Id: I1\n(more)\n":                                  {"B ob <bob@example.com>"},
	} {
		assert.Equal(t, is, agent.CoAuthors(message), "%q", message)
	}
}
