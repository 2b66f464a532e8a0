package istio_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/rollout/istio"
)

// rule is a DestinationRule of subsets and their version labels.
func rule(t require.TestingT, pairs ...string) map[string]any {
	subsets := ""
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			subsets += ","
		}
		subsets += fmt.Sprintf(`{"name": %q, "labels": {"version": %q}, "trafficPolicy": {"unknown": %q}}`, pairs[i], pairs[i+1], pairs[i+1])
	}
	return object(t, `{"spec": {"host": "reviews", "trafficPolicy": {"x": 1}, "subsets": [`+subsets+`]}}`)
}

func all(string) bool  { return true }
func none(string) bool { return false }

func TestAHostWithoutARuleGetsGits(t *testing.T) {
	want := rule(t, "v1", "1")
	out, held := istio.Support(want, nil, all)
	assert.Empty(t, held)
	assert.Equal(t, text(t, want), text(t, out))
}

func TestASubsetThatGitDroppedStaysWhileItIsUsed(t *testing.T) {
	out, held := istio.Support(rule(t, "v3", "3"), rule(t, "v1", "1", "v2", "2"), only("v1"))
	assert.Equal(t, []string{"v1"}, held)
	assert.Equal(t, text(t, rule(t, "v3", "3", "v1", "1")), text(t, out), "Git's first and in its order, then what is held")
}

func TestASubsetKeepsItsLabelsWhileItCarriesTraffic(t *testing.T) {
	want, have := rule(t, "v1", "2", "v3", "3"), rule(t, "v1", "1", "v3", "0")
	out, held := istio.Support(want, have, only("v1"))
	assert.Equal(t, []string{"v1"}, held)
	assert.Equal(t, text(t, rule(t, "v1", "1", "v3", "3")), text(t, out), "v3 carries nothing, so it becomes Git's at once")
}

func TestWhatIsAsGitHasItIsNotHeld(t *testing.T) {
	want := rule(t, "v1", "1", "v3", "3")
	out, held := istio.Support(want, rule(t, "v1", "1", "v3", "3"), all)
	assert.Empty(t, held)
	assert.Equal(t, text(t, want), text(t, out))
}

// A subset's traffic policy moves no traffic, so it follows Git at once.
func TestOnlyLabelsAreHeldBack(t *testing.T) {
	have := rule(t, "v1", "1")
	have["spec"].(map[string]any)["subsets"].([]any)[0].(map[string]any)["trafficPolicy"] = "old"
	want := rule(t, "v1", "1")
	out, held := istio.Support(want, have, all)
	assert.Empty(t, held)
	assert.Equal(t, text(t, want), text(t, out))
}

func TestNothingIsHeldForSubsetsThatNobodyUses(t *testing.T) {
	want := rule(t)
	out, held := istio.Support(want, rule(t, "v1", "1"), none)
	assert.Empty(t, held)
	assert.Equal(t, text(t, want), text(t, out))
}

func TestARuleWithoutSubsetsGainsThoseThatAreUsed(t *testing.T) {
	out, held := istio.Support(object(t, `{"spec": {"host": "reviews"}}`), rule(t, "v1", "1"), all)
	assert.Equal(t, []string{"v1"}, held)
	assert.Equal(t, []string{"v1"}, subsets(out))
}

func subsets(rule map[string]any) []string {
	_, names := istio.Subsets(rule)
	return names
}

func TestSupportIsTheUnionOfWhatGitSaysAndWhatIsUsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) map[string]any {
			var pairs []string
			for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"v1", "v2", "v3", "v4"}), rapid.ID).Draw(t, label) {
				pairs = append(pairs, name, rapid.SampledFrom([]string{"1", "2"}).Draw(t, "version"))
			}
			return rule(t, pairs...)
		}
		want, have := draw("want"), draw("have")
		used := only(rapid.SliceOf(rapid.SampledFrom([]string{"v1", "v2", "v3", "v4"})).Draw(t, "used")...)
		wantText, haveText := text(t, want), text(t, have)

		out, held := istio.Support(want, have, used)
		require.Equal(t, wantText, text(t, want), "the input was altered")
		require.Equal(t, haveText, text(t, have), "the input was altered")
		names := subsets(out)
		require.Subset(t, names, subsets(want), "all that Git names is there")
		for i, name := range names {
			require.NotContains(t, names[i+1:], name, "a subset stands there twice")
			if old := labels(have, name); used(name) && old != "" {
				require.Equal(t, old, labels(out, name), "labels changed under traffic")
			} else {
				require.Equal(t, labels(want, name), labels(out, name))
			}
		}
		for _, name := range subsets(have) {
			if used(name) {
				require.Contains(t, names, name, "a used subset is gone")
			}
		}
		for _, name := range held {
			require.NotEqual(t, labels(want, name), labels(out, name), "%s is held for nothing", name)
		}
	})
}

func labels(rule map[string]any, name string) string {
	for _, s := range rule["spec"].(map[string]any)["subsets"].([]any) {
		if fields := s.(map[string]any); fields["name"] == name {
			return fields["labels"].(map[string]any)["version"].(string)
		}
	}
	return ""
}

func TestAHostIsNamedAsTheNamespaceSeesIt(t *testing.T) {
	for host, full := range map[string]string{
		"reviews":                         "reviews.bookinfo.svc.cluster.local",
		"reviews.other.svc.cluster.local": "reviews.other.svc.cluster.local",
		"api.example.com":                 "api.example.com",
		"*.example.com":                   "*.example.com",
		"*":                               "*",
		"":                                "",
		"reviews.other":                   "reviews.other",
	} {
		assert.Equal(t, full, istio.Host(host, "bookinfo"))
	}
}

func TestTheSubsetsOfARule(t *testing.T) {
	host, names := istio.Subsets(rule(t, "v1", "1", "v3", "3"))
	assert.Equal(t, "reviews", host)
	assert.Equal(t, []string{"v1", "v3"}, names)
	for _, empty := range []string{`{}`, `{"spec": {"host": "reviews", "subsets": null}}`, `{"spec": {"subsets": [1, "x", {}]}}`} {
		_, names := istio.Subsets(object(t, empty))
		for _, name := range names {
			assert.Empty(t, name)
		}
	}
}
