package agent_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/agent/agenttest"
	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// world is a cluster, a repository and an agent between them, in virtual time.
type world struct {
	t      *testing.T
	git    *agenttest.Git
	kube   *agenttest.Kube
	agent  *agent.Agent
	stop   context.CancelFunc
	dryRun bool
	log    *journal
	// metrics is the agent's, where it has any.
	metrics  *agenttest.Metrics
	webhooks agent.Webhooks
	moves    []string       // the environments; production where it says nothing
	required []string       // the rules that the operator requires
	judges   *agenttest.Git // the policies' own repository, where they have one
	words    int            // what people asked for so far

	mu   sync.Mutex // over what the agent's goroutine tells
	last telling
	then func() // what happens right after each pass
}

// telling is what the agent told its Observer last.
type telling struct {
	views    []agent.View
	problems rollout.Problems
	err      error
	passes   int
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// Passed makes the world the agent's Observer.
func (w *world) Passed(_ time.Time, _ time.Duration, _ []agent.Turn, views []agent.View, problems rollout.Problems, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = telling{views, problems, err, w.last.passes + 1}
	if w.then != nil {
		w.then()
	}
}

// after has something happen right after each pass from now on; it is called as
// the agent's goroutine, with mu held.
func (w *world) after(each func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.then = each
}

// told is what the agent told last.
func (w *world) told() telling {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

var (
	reviews = rollout.Ref{Namespace: "bookinfo", Name: "reviews"}
)

// story plays a story about bookinfo in virtual time: the example repository,
// its workloads ready, and an agent that has settled.
func story(t *testing.T, tell func(w *world)) {
	t.Helper()
	files := bookinfo(t)
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, git: agenttest.NewGit(), kube: agenttest.NewKube("eu1", time.Now), log: &journal{}}
		w.git.Commit(files)
		for _, app := range []string{"productpage", "details", "ratings", "reviews"} {
			w.kube.Service(rollout.Ref{Namespace: "bookinfo", Name: app})
		}
		for _, pod := range []string{"productpage v1", "details v1", "ratings v1", "reviews v1", "reviews v2", "reviews v3"} {
			w.pod(pod, true)
		}
		w.start()
		w.pass(time.Minute)
		tell(w)
		w.stop()
		synctest.Wait()
	})
}

// start starts an agent on what the world holds; the one before is gone.
func (w *world) start() {
	clone := w.git.Clone()
	w.startOn(clone, clone)
}

func (w *world) startOn(source agent.Source, journal agent.Journal) {
	w.startIn(w.kube, source, journal)
}

func (w *world) startIn(cluster agent.Cluster, source agent.Source, journal agent.Journal) {
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	o := agent.Options{Cluster: "eu1", Branch: "main", Environments: w.moves, Delivery: "weir.yaml", Interval: 30 * time.Second, DryRun: w.dryRun}
	if o.Environments == nil {
		o.Environments = []string{"production"}
	}
	o.Webhooks, o.Required = w.webhooks, w.required
	if w.metrics != nil {
		o.Metrics = w.metrics
	}
	if w.judges != nil {
		o.Judges = w.judges.Clone()
	}
	a, err := agent.New(o, source, kustomize.New(), cluster, journal, w, slog.New(slog.NewTextHandler(w.log, nil)))
	require.NoError(w.t, err)
	w.agent = a
	go func() { _ = a.Run(ctx) }()
}

// pass lets time pass until nothing more happens at its end.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// pod makes "reviews v3" ready or not.
func (w *world) pod(name string, ready bool) {
	app, version, _ := strings.Cut(name, " ")
	w.kube.Pod(rollout.Ref{Namespace: "bookinfo", Name: app + "-" + version}, map[string]string{"app": app, "version": version}, ready)
}

// live is the live split of a VirtualService, "gone" where there is none.
func (w *world) live(ref rollout.Ref) string {
	object := w.kube.Get("VirtualService", ref)
	if object == nil {
		return "gone"
	}
	routes, wrong := istio.Read(object, istio.All)
	require.Empty(w.t, wrong)
	return routes.String()
}

// view is the agent's view of reviews.
func (w *world) view() agent.View {
	w.t.Helper()
	views := w.told().views
	for _, v := range views {
		if v.Name == "reviews" {
			return v
		}
	}
	require.Fail(w.t, "the agent shows no reviews", "%v\n%s", views, w.log)
	return agent.View{}
}

// says requires the live split, the phase, and what the reason holds.
func (w *world) says(split string, phase rollout.Phase, reason string) {
	w.t.Helper()
	v := w.view()
	require.Equal(w.t, split, w.live(reviews), "%s\n%s", v.Reason, w.log)
	require.Equal(w.t, phase, v.Phase, "%s", v.Reason)
	require.Contains(w.t, v.Reason.Sentence, reason)
}

// weigh commits new weights for reviews.
func (w *world) weigh(v1, v2, v3 any) string {
	return w.git.Commit(map[string]string{"base/reviews.yaml": reviewsYAML(fmt.Sprint(v1), fmt.Sprint(v2), fmt.Sprint(v3))})
}

// decisions lists the files under decisions/ that the status branch holds.
func (w *world) decisions() []string {
	tree, err := w.git.Clone().Read(context.Background())
	require.NoError(w.t, err)
	files, err := fs.Glob(tree, "decisions/*/*/*/*.json")
	require.NoError(w.t, err)
	return files
}

// accepted is what the status branch says of the revisions in force, and the
// problems with the newest.
func (w *world) accepted() string {
	text, _ := w.git.StatusFile("accepted/eu1.json")
	return text
}

func bookinfo(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	tree := os.DirFS("../examples/bookinfo")
	require.NoError(t, fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(tree, path)
		files[path] = string(data)
		return err
	}))
	files["base/reviews.yaml"] = reviewsYAML("100", "0", "0")
	files["overlays/production/weightplan.yaml"] = planYAML("{setWeight: 10, pause: {duration: 10m}}, {setWeight: 25, pause: {duration: 10m}}, {setWeight: 50, pause: {duration: 10m}}, {setWeight: 100}")
	return files
}

func planYAML(steps string) string {
	return `apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata:
  name: reviews
spec:
  targets: [{kind: VirtualService, name: reviews, routes: [primary]}]
  steps: [` + steps + `]
`
}

func reviewsYAML(v1, v2, v3 string) string {
	return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts: [reviews]
  http:
  - name: primary
    route:
    - destination: {host: reviews, subset: v1}
      weight: ` + v1 + `
    - destination: {host: reviews, subset: v2}
      weight: ` + v2 + `
    - destination: {host: reviews, subset: v3}
      weight: ` + v3 + `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
spec:
  host: reviews
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
  - {name: v3, labels: {version: v3}}
`
}
