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
