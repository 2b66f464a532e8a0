package agent_test

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
)

// shop is one service of a small repository. Its values are few, so that services meet:
// in names, hosts, rules of each other's, and what they are made of.
type shop struct {
	Name, Prefix     string
	Host             string // where its traffic goes
	V2               int    // in percent; above 100 it is wrong
	Rules            string // the host that its DestinationRule is about, "" for none
	Label            string // of v2
	Plan             string // the name of its WeightPlan, "" for none
	Shared, Replaced bool   // takes the shared folder in; makes a host of parts
	Odd              int    // 1 a file that is missing, 2 no YAML, 3 a second kustomization
	Gone             bool   // its overlay of production
}

// anyShop is the service of a folder: mostly of its own names, and right.
func anyShop(t *rapid.T, i int) shop {
	any := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, fmt.Sprint("shop ", i)) }
	rarely := func() bool { return any(rare...) == "yes" }
	own := []string{"cart", "pay", "post", "mail"}[i]
	s := shop{
		Name: own, Host: any(own, own, "cart", "pay", "post.shop.svc.cluster.local", "v2"), V2: rapid.SampledFrom([]int{0, 5, 50, 100}).Draw(t, "v2"),
		Rules: any("", own, own, "cart", "pay", "post.shop.svc.cluster.local"), Label: any("v2", "v2", "b2"), Plan: any("", own+"-plan"),
		Shared: rarely(), Replaced: rarely(), Gone: rarely(),
	}
	if rarely() {
		s.Name, s.Plan, s.Prefix = any("cart", "post", "t"), any("", "main", "cart"), any("", "car", "post-")
	}
	if rarely() {
		s.V2 = 101
	}
	if rarely() {
		s.Odd = rapid.IntRange(1, 3).Draw(t, "odd")
	}
	return s
}

// rare has one yes among many.
var rare = append(slices.Repeat([]string{"no"}, 19), "yes")

// files are the service's, in a folder of its own.
func (s shop) files(folder string) map[string]string {
	kustomization := "resources:\n- service.yaml\n"
	out := map[string]string{folder + "/base/service.yaml": fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: %s}
spec:
  hosts: [%[1]s]
  http:
  - name: primary
    route:
    - {destination: {host: %s, subset: v1}, weight: %d}
    - {destination: {host: %[2]s, subset: v2}, weight: %d}
`, s.Name, s.Host, 100-s.V2, s.V2)}
	if s.Rules != "" {
		kustomization += "- rule.yaml\n"
		out[folder+"/base/rule.yaml"] = fmt.Sprintf("apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: %s}\nspec:\n  host: %s\n  subsets:\n  - {name: v1, labels: {version: v1}}\n  - {name: v2, labels: {version: %s}}\n", s.Name, s.Rules, s.Label)
	}
	if s.Plan != "" {
		kustomization += "- plan.yaml\n"
		out[folder+"/base/plan.yaml"] = fmt.Sprintf("apiVersion: weir.dev/v1alpha1\nkind: WeightPlan\nmetadata: {name: %s}\nspec:\n  targets: [{kind: VirtualService, name: %s}]\n  steps: [{setWeight: 20, pause: {duration: 10m}}, {setWeight: 100}]\n", s.Plan, s.Name)
	}
	if s.Shared {
		kustomization += "- ../../../shared\n"
	}
	if s.Prefix != "" {
		kustomization += "namePrefix: " + s.Prefix + "\n"
	}
	if s.Replaced {
		kustomization += "replacements:\n- source: {kind: VirtualService, fieldPath: metadata.name}\n  targets: [{select: {kind: VirtualService}, fieldPaths: [spec.http.0.route.0.destination.host], options: {create: true}}]\n"
	}
	switch s.Odd {
	case 1:
		kustomization += "- missing.yaml\n"
	case 2:
		out[folder+"/base/service.yaml"] += "{"
	case 3:
		out[folder+"/base/kustomization.yml"] = "resources: [service.yaml]\n"
	}
	out[folder+"/base/kustomization.yaml"] = kustomization
	for _, env := range []string{"staging", "production"} {
		if env == "staging" || !s.Gone {
			out[folder+"/"+env+"/kustomization.yaml"] = "namespace: shop\nresources: [../base]\n"
		}
	}
	return out
}

// town is a repository of such services.
func town(t *rapid.T, shops []shop) fstest.MapFS {
	any := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "town") }
	files := map[string]string{
		"weir.yaml": `apiVersion: weir.dev/v1alpha1
kind: Delivery
metadata: {name: town}
spec:
  environments:
  - {name: staging, overlays: ["` + any("apps/*/staging", "apps/*/staging", "apps/[0-2]/staging") + `"]}
  - {name: production, overlays: ["apps/*/production", apps/0/production]}
  policies: {path: policies, sets: [baseline]}
` + any("", "", "", "  suspend: true\n"),
		"policies/a.rego":           "package a\n\ndeny contains \"" + any("no", "no", "no", "never") + "\" if input.rollout.name == \"pay\"\n",
		"shared/kustomization.yaml": "resources: [rule.yaml]\n",
		"shared/rule.yaml":          "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: all}\nspec:\n  host: post\n  subsets:\n  - {name: v2, labels: {version: " + any("v2", "v2", "x2") + "}}\n",
	}
	for i, s := range shops {
		maps.Copy(files, s.files(fmt.Sprintf("apps/%d", i)))
	}
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// TestNoAnswerDependsOnWhatWasNotRendered makes changes of repositories and checks each
// in both ways. What is wrong with an overlay that was not rendered is as wrong in the
// base, and is all that may be missing.
func TestNoAnswerDependsOnWhatWasNotRendered(t *testing.T) {
	var changes, spared, moving atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		var shops []shop
		for i := range rapid.SampledFrom([]int{1, 2, 3, 3}).Draw(t, "shops") {
			shops = append(shops, anyShop(t, i))
		}
		base := town(t, shops)
		for range rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "changes") {
			i := rapid.IntRange(0, len(shops)-1).Draw(t, "which")
			if rapid.Bool().Draw(t, "weights alone") {
				shops[i].V2 = rapid.SampledFrom([]int{0, 5, 50, 100}).Draw(t, "v2")
			} else {
				shops[i] = anyShop(t, i)
			}
		}
		var head fstest.MapFS
		if rapid.SampledFrom([]int{0, 1, 2, 3}).Draw(t, "all else") == 0 {
			head = town(t, shops)
		} else {
			head = maps.Clone(base)
			maps.DeleteFunc(head, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "apps/") })
			for i, s := range shops {
				for name, text := range s.files(fmt.Sprintf("apps/%d", i)) {
					head[name] = &fstest.MapFile{Data: []byte(text)}
				}
			}
		}
		was, is := agent.Revision{SHA: "base", Tree: base}, agent.Revision{SHA: "head", Tree: head}
		ctx, renderer := t.Context(), kustomize.New()
		fullBase, fullHead := agent.ReadSide(ctx, renderer, was, "weir.yaml", nil), agent.ReadSide(ctx, renderer, is, "weir.yaml", nil)
		someBase, someHead, left := agent.ReadChange(ctx, renderer, was, is, "weir.yaml", nil)

		said := func(problems rollout.Problems, p rollout.Problem) bool {
			return slices.ContainsFunc(problems, func(q rollout.Problem) bool { return p.Position == q.Position && p.Message == q.Message })
		}
		fullHead.Problems = slices.DeleteFunc(fullHead.Problems, func(p rollout.Problem) bool {
			if said(someHead.Problems, p) {
				return false
			}
			require.True(t, left > 0 && said(fullBase.Problems, p), "not told, and not so in the base: %v", p)
			return true
		})
		full, some := agent.Check(ctx, fullBase, fullHead, noon), agent.Check(ctx, someBase, someHead, noon)
		if outOfTime(full) || outOfTime(some) { // rapid draws another change in its place
			t.Skip("a review did not end in time: the machine is busy, and the reports are of that")
		}
		require.Equal(t, full, some)
		changes.Add(1)
		if left > 0 {
			spared.Add(1)
		}
		if len(some.Rollouts) > 0 {
			moving.Add(1)
		}
	})
	t.Logf("of %d changes %d left overlays unrendered, and %d moved something", changes.Load(), spared.Load(), moving.Load())
	assert.Positive(t, spared.Load())
	assert.Positive(t, moving.Load())
}

// outOfTime tells whether the policies ran out of time, which is the machine's doing.
func outOfTime(r agent.CheckReport) bool {
	return slices.ContainsFunc(r.Problems, func(p rollout.Problem) bool { return strings.Contains(p.Message, "did not end in time") })
}

// rendered is a renderer that notes what it is asked for.
type rendered struct {
	*kustomize.Renderer
	asked chan string
}

func (r rendered) Render(ctx context.Context, tree fs.FS, folder string) ([]agent.Object, error) {
	r.asked <- folder
	return r.Renderer.Render(ctx, tree, folder)
}

// two is a town of two services that know nothing of each other.
func two(change func(cart, pay *shop)) fstest.MapFS {
	shops := []shop{{Name: "cart", Host: "cart", Rules: "cart", Label: "v2"}, {Name: "pay", Host: "pay", Rules: "pay", Label: "v2"}}
	change(&shops[0], &shops[1])
	out := fstest.MapFS{"weir.yaml": {Data: []byte(bothShops)}}
	for i, s := range shops {
		for name, text := range s.files(path.Join("apps", fmt.Sprint(i))) {
			out[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return out
}

const bothShops = "apiVersion: weir.dev/v1alpha1\nkind: Delivery\nmetadata: {name: town}\nspec: {environments: [{name: production, overlays: [apps/*/production]}]}\n"

// asked are the overlays that a change of the town makes render, on either side.
func asked(t *testing.T, base, head fstest.MapFS) []string {
	t.Helper()
	r := rendered{kustomize.New(), make(chan string, 100)}
	_, is, _ := agent.ReadChange(t.Context(), r, agent.Revision{SHA: "base", Tree: base}, agent.Revision{SHA: "head", Tree: head}, "weir.yaml", nil)
	require.Empty(t, is.Problems)
	close(r.asked)
	var out []string
	for folder := range r.asked {
		out = append(out, folder)
	}
	slices.Sort(out)
	return out
}

func TestOnlyWhatAChangeHasToDoWithIsRendered(t *testing.T) {
	base := two(func(_, _ *shop) {})
	const cart, pay = "apps/0/production", "apps/1/production"
	assert.Empty(t, asked(t, base, two(func(_, _ *shop) {})))
	assert.Equal(t, []string{pay, pay}, asked(t, base, two(func(_, pay *shop) { pay.V2 = 50 })))
	assert.Equal(t, []string{cart, pay, pay}, asked(t, base, two(func(_, pay *shop) { pay.Rules = "cart" })), "labels of a host move who sends to it")
	composed := func(v2 int) fstest.MapFS {
		return two(func(cart, pay *shop) { cart.Prefix, cart.Name, pay.V2 = "c", "art", v2 })
	}
	assert.Equal(t, []string{cart, pay, pay}, asked(t, composed(0), composed(50)), "nobody knows what a prefix makes of a name")
	gone := maps.Clone(base)
	maps.DeleteFunc(gone, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, "apps/1/") })
	assert.Equal(t, []string{cart, pay}, asked(t, base, gone), "that an environment lacks something is known where it has something")
	delivery := maps.Clone(base)
	delivery["weir.yaml"] = &fstest.MapFile{Data: []byte(bothShops + "# for another reason\n")}
	assert.Equal(t, []string{cart, pay}, asked(t, base, delivery), "once for both sides")
	news := maps.Clone(base)
	news["apps/0/production/kustomization.yml"] = &fstest.MapFile{Data: []byte("resources: [../base]\n")}
	r := rendered{kustomize.New(), make(chan string, 100)}
	_, is, _ := agent.ReadChange(t.Context(), r, agent.Revision{Tree: base}, agent.Revision{Tree: news}, "weir.yaml", nil)
	assert.Contains(t, is.Problems.Error(), "more than one kustomization", "a file that comes is a change too")
}

func TestAServiceThatTwoOverlaysHaveIsToldAsTheAgentTellsIt(t *testing.T) {
	base := two(func(_, _ *shop) {})
	head := two(func(_, pay *shop) { pay.Name = "cart" })
	_, is, _ := agent.ReadChange(t.Context(), kustomize.New(), agent.Revision{Tree: base}, agent.Revision{Tree: head}, "weir.yaml", nil)
	assert.Contains(t, is.Problems.Error(), "VirtualService shop/cart is also rendered by overlay apps/0/production (apps/0/base/service.yaml:1)")
	report := agent.Check(t.Context(), agent.Side{}, is, noon)
	assert.Equal(t, policy.Error, report.Decision)

	head = two(func(_, pay *shop) { pay.Plan = "cart" })
	_, is, _ = agent.ReadChange(t.Context(), kustomize.New(), agent.Revision{Tree: base}, agent.Revision{Tree: head}, "weir.yaml", nil)
	assert.Contains(t, is.Problems.Error(), "rollout production/shop/cart is also that of overlay apps/0/production")
}
