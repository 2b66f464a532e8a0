package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/rollout"
)

// These ordeals last seconds of real time, so each lets several things go wrong
// at once, in worlds of their own.

func TestARolloutSurvivesAMinuteWithoutTheClusterAndAMinuteWithoutGit(t *testing.T) {
	t.Parallel()
	const away = time.Minute
	noCluster, noGit := newOrdeal(t, 2*time.Second, "reviews"), newOrdeal(t, 2*time.Second, "reviews")
	worlds := []*ordeal{noCluster, noGit}
	var agents []*process
	take := []func(){func() { noCluster.wire.Cut(true) }, func() { noGit.git.Away(true) }}
	for i, o := range worlds {
		agents = append(agents, o.starts("--leader-elect", "--namespace", "weir-system"))
		o.settles("reviews", 0, "Healthy")
		o.wants(100, "reviews")
		o.reaches("reviews", 10)
		take[i]()
	}
	back := time.After(away)
	select {
	case <-back:
	case <-agents[0].ended:
		require.Fail(t, "it ended without the cluster")
	case <-agents[1].ended:
		require.Fail(t, "it ended without Git")
	}
	for _, o := range worlds {
		assert.LessOrEqual(t, len(o.Path("reviews")), 3, "what was recorded may be done, and no more: %v", o.Path("reviews"))
	}
	assert.Contains(t, agents[0].log.text(), "leading no more", "its lease ran out")
	assert.NotContains(t, agents[1].log.text(), "leading no more")
	noCluster.wire.Cut(false)
	noGit.git.Away(false)
	for _, o := range worlds {
		o.settles("reviews", 100, "Healthy")
		r := o.Holds(4 * time.Minute)
		assert.Equal(t, along(0, 10, 50, 100), o.Path("reviews"))
		assert.Equal(t, 4, r.Applied("reviews"))
	}
}

func TestAHandEditThatLowersStaysAndOneThatRaisesIsCorrected(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, 4*time.Second, "lowered", "raised")
	o.starts()
	o.settles("lowered", 0, "Healthy")
	o.settles("raised", 0, "Healthy")
	o.wants(100, "lowered", "raised")
	o.reaches("raised", 10)
	o.edits("raised", 90)
	o.reaches("lowered", 50)
	o.edits("lowered", 20)
	s := o.recorded("lowered", 20)
	assert.Equal(t, rollout.Paused, s.Rollout.Phase)
	assert.Contains(t, s.Rollout.Reason.Sentence, "kubectl-edit")
	o.settles("raised", 100, "Healthy")
	r := o.Holds(4 * time.Minute)
	assert.Equal(t, along(0, 10, 90, 10, 50, 100), o.Path("raised"))
	assert.Equal(t, along(0, 10, 50, 20), o.Path("lowered"))
	assert.Equal(t, 2, o.Edits())
	corrections := 0
	for _, e := range r.Entries {
		if e.Operation == rollout.Correct {
			corrections++
			assert.NotEmpty(t, e.Review, "the policies were asked")
		}
	}
	assert.Equal(t, 1, corrections)
}

func TestAClusterMadeAnewInMidRolloutResumesAtItsSplit(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, 10*time.Second, "reviews", "ratings")
	p := o.starts()
	o.settles("reviews", 0, "Healthy")
	o.settles("ratings", 0, "Healthy")
	o.wants(100, "reviews")
	o.reaches("reviews", 50)
	o.recorded("reviews", 50)
	p.kill()
	o.moves(o.local.Start(t, t.TempDir(), 0))
	o.starts()
	o.settles("reviews", 100, "Healthy")
	o.settles("ratings", 0, "Healthy")
	o.Holds(4 * time.Minute)
	want := along(0, 10, 50, 50, 100)
	want[3] = "gone"
	assert.Equal(t, append(want[:4], along(50, 100)...), o.Path("reviews"))
}

// recorded waits until the status branch has the split, from which a cluster
// that is made anew goes on.
func (o *ordeal) recorded(name string, v2 int) (s agent.Status) {
	o.Helper()
	require.EventuallyWithT(o, func(t *assert.CollectT) {
		said, err := o.author.Show(o.Context(), "weir-status", "status/"+o.namespace+"/live/"+o.namespace+"."+name+".json")
		require.NoError(t, err)
		s = agent.Status{}
		require.NoError(t, json.Unmarshal([]byte(said), &s))
		require.Len(t, s.Live, 1)
		assert.Equal(t, at(v2), s.Live[0].Routes.String())
	}, 30*time.Second, 200*time.Millisecond)
	return s
}

func TestWhatKubectlAppliedIsRefusedAndAdoptedWhenTheDeliverySaysSo(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, time.Second, "reviews", "ratings")
	clientSide := &unstructured.Unstructured{Object: o.object("reviews", 0)}
	last, err := json.Marshal(clientSide.Object)
	require.NoError(t, err)
	annotations := clientSide.GetAnnotations()
	annotations["kubectl.kubernetes.io/last-applied-configuration"] = string(last) + "\n"
	clientSide.SetAnnotations(annotations)
	_, err = o.services.Create(t.Context(), clientSide, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply", FieldValidation: "Strict"})
	require.NoError(t, err)
	_, err = o.services.Apply(t.Context(), "ratings", &unstructured.Unstructured{Object: o.object("ratings", 0)}, metav1.ApplyOptions{FieldManager: "kubectl"})
	require.NoError(t, err)
	both := map[string]string{"reviews": "kubectl-client-side-apply", "ratings": "kubectl"}

	p := o.starts()
	o.wants(100, "reviews", "ratings")
	for name, manager := range both {
		require.Eventually(t, func() bool {
			return regexp.MustCompile(`(?m)^.*\b` + manager + `\b.*/` + name + ` .*$`).MatchString(p.log.text())
		}, 30*time.Second, 100*time.Millisecond, "%s is refused because of %s", name, manager)
	}
	o.commit("take them over", map[string]string{"weir.yaml": delivery("  adopt: [kubectl-client-side-apply, kubectl]\n"),
		"live/reviews.yaml": serviceOf("reviews", 0), "live/ratings.yaml": serviceOf("ratings", 0)})
	for name := range both {
		o.settles(name, 0, "Healthy")
		assert.Equal(t, along(0), o.Path(name), "nothing moved before")
	}
	o.wants(100, "reviews", "ratings")
	for name := range both {
		o.settles(name, 100, "Healthy")
		assert.Equal(t, along(0, 10, 50, 100), o.Path(name))
	}
	o.Holds(4 * time.Minute)
	for name := range both {
		live, err := o.services.Get(t.Context(), name, metav1.GetOptions{})
		require.NoError(t, err)
		for _, f := range live.GetManagedFields() {
			assert.Equal(t, "weir", f.Manager, "%s is wholly weir's", name)
		}
	}
}

func TestOfTwoAgentsTheOtherTakesOverFromALeaderThatIsKilled(t *testing.T) {
	t.Parallel()
	o := newOrdeal(t, 3*time.Second, "reviews")
	agents := []*process{}
	leader := func() (int, bool) {
		for i, p := range agents {
			if strings.Contains(p.log.text(), "msg=leading ") {
				return i, true
			}
		}
		return 0, false
	}
	for range 2 {
		agents = append(agents, o.starts("--leader-elect", "--namespace", "weir-system"))
	}
	o.settles("reviews", 0, "Healthy")
	o.wants(100, "reviews")
	o.reaches("reviews", 10)
	first, ok := leader()
	require.True(t, ok)
	second := agents[1-first]
	require.NotContains(t, second.log.text(), "msg=leading ", "one leads at a time")
	agents[first].kill()
	killed := time.Now()
	require.Eventually(t, func() bool { return strings.Contains(second.log.text(), "msg=leading ") }, 30*time.Second, 50*time.Millisecond)
	assert.Less(t, time.Since(killed), kube.HandOver)
	t.Logf("the other led after %s", time.Since(killed).Round(100*time.Millisecond))
	o.settles("reviews", 100, "Healthy")
	r := o.Holds(4 * time.Minute)
	assert.Equal(t, along(0, 10, 50, 100), o.Path("reviews"))
	assert.Equal(t, 4, r.Applied("reviews"))
	assert.Len(t, r.Entries, 4)
}

func TestTwoAgentsThatBothActDoubleNothing(t *testing.T) {
	t.Parallel()
	names := []string{"reviews", "ratings", "details", "productpage"}
	o := newOrdeal(t, time.Second, names...)
	o.starts()
	o.starts()
	for _, name := range names {
		o.settles(name, 0, "Healthy")
	}
	o.wants(100, names...)
	for _, name := range names {
		o.settles(name, 100, "Healthy")
	}
	r := o.Holds(4 * time.Minute)
	superseded := 0
	for _, outcome := range r.Outcomes {
		if outcome.Result != audit.Applied {
			superseded++
		}
	}
	t.Logf("%d decisions, of which %d were superseded by the other agent's", len(r.Entries), superseded)
	for _, name := range names {
		assert.Equal(t, along(0, 10, 50, 100), o.Path(name))
		assert.Equal(t, 4, r.Applied(name), name)
	}
}
