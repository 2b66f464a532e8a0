package agenttest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/dynamic"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/policy"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

// Witness sees every version that a real API server ever held of the
// VirtualServices in a namespace, and every push to the status branch before
// whoever pushed is answered. It holds both to what must never happen, by
// arithmetic of its own. It asks nothing of the agents.
type Witness struct {
	t         *testing.T
	namespace string
	git       *GitServer
	repo      string
	leave     func() // ends the watch

	pushing sync.RWMutex // a push is one with the look at it

	mu       sync.Mutex
	services dynamic.ResourceInterface
	versions map[string][]Version
	wanted   map[string]map[string]any // what Git says beside the weights
	head     string                    // of the status branch as pushed last
	pushed   map[rollout.Digest]audit.Entry
	moved    map[string]string // by target, journey and number: the split it led to
	edits    int
	broken   []string
	news     chan struct{} // closed and made anew with each version
}

// Version is one version of a VirtualService; Object is nil when it was deleted.
type Version struct {
	Object map[string]any
	Routes rollout.Routes
	State  *rollout.State
	note   string // our annotation as it stands
}

// Split is how the version divides traffic.
func (v Version) Split() string { return v.Routes.String() }

// Keeps says how Git has a VirtualService; all but its weights stays so in every
// version.
func (w *Witness) Keeps(object map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted[keyOf(object).ref.Name] = weightless(object)
}

// breaks notes a promise that was broken; the caller has no lock.
func (w *Witness) breaks(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.breaksNow(format, args...)
}

func (w *Witness) breaksNow(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

func versionOf(object map[string]any) Version {
	v := Version{Object: object}
	v.Routes, _ = istio.Read(object, istio.All)
	v.note, _ = dig(object, "metadata", "annotations", stateAnnotation).(string)
	var s rollout.State
	if json.Unmarshal([]byte(v.note), &s) == nil && s.Cluster != "" {
		v.State = &s
	}
	return v
}

// hold holds one version to what must never happen.
func (w *Witness) hold(name string, before, v Version) {
	for _, r := range v.Routes {
		if total := r.Split.Total(); len(r.Split) > 1 && total != 100 {
			w.breaksNow("%s: the weights of %s have the sum %d", name, v.Split(), total)
		}
	}
	if want := w.wanted[name]; want != nil && !reflect.DeepEqual(want, weightless(v.Object)) {
		w.breaksNow("%s: beside the weights it became\n%v\nand not\n%v", name, weightless(v.Object), want)
	}
	switch {
	case before.Object != nil && before.Split() == v.Split(), before.Object == nil && v.note == "": // people made it
	case before.note == v.note: // nobody but people leaves our annotation as it is
		w.edits++
	case v.State == nil:
		w.breaksNow("%s went to %s without a state that can be read", name, v.Split())
	default:
		w.allowed(name, before, v)
		w.unforked(name, v)
	}
}

// allowed holds that a decision leads from the one split to the other, and is
// on the branch already, or in this version's own outbox on the way to stable.
func (w *Witness) allowed(name string, before, v Version) {
	digest := v.State.Journey.Entry
	e, known := w.pushed[digest]
	if !known {
		i := slices.IndexFunc(v.State.Outbox, func(r rollout.Record) bool { return rollout.DigestBytes(r.Data) == digest })
		if i < 0 {
			w.breaksNow("%s went from %s to %s by a decision that is neither pushed nor in its outbox", name, before.Split(), v.Split())
			return
		}
		e, _ = audit.Decode(v.State.Outbox[i].Data)
		home := before.State != nil && (before.State.Member.Stable.String() == v.Split() || before.State.Member.Previous.String() == v.Split())
		if e.Operation != rollout.Back || !home {
			w.breaksNow("%s went from %s to %s, which is not stable, before its decision was pushed", name, before.Split(), v.Split())
		}
	}
	i := slices.IndexFunc(e.Changes, func(c audit.Change) bool { return c.Target.Name == name })
	switch {
	case e.Verdict != policy.Allow:
		w.breaksNow("%s went to %s by a decision that says %s", name, v.Split(), e.Verdict)
	case i < 0:
		w.breaksNow("%s went to %s by a decision about others: %v", name, v.Split(), e.Changes)
	case e.Changes[i].From.String() != before.Routes.Moving().String() || e.Changes[i].To.String() != v.Routes.Moving().String():
		w.breaksNow("%s went from %s to %s by a decision to go from %s to %s", name, before.Split(), v.Split(), e.Changes[i].From, e.Changes[i].To)
	}
}

// unforked holds that no two moves of a journey have the same number.
func (w *Witness) unforked(name string, v Version) {
	j := v.State.Journey
	at := fmt.Sprintf("%s, move %d of journey %s", name, j.Seq, j.ID)
	to := fmt.Sprintf("%s by %s", v.Split(), j.Entry)
	if was, twice := w.moved[at]; twice {
		w.breaksNow("%s led to %s, and then to %s", at, was, to)
	}
	w.moved[at] = to
}

// weightless is what people say in a VirtualService beside its weights.
func weightless(object map[string]any) map[string]any {
	spec, _ := copied(object["spec"]).(map[string]any)
	for _, protocol := range []string{"http", "tls", "tcp"} {
		routes, _ := spec[protocol].([]any)
		for _, r := range routes {
			to, _ := r.(map[string]any)["route"].([]any)
			for _, d := range to {
				delete(d.(map[string]any), "weight")
			}
		}
	}
	said := map[string]any{}
	annotations, _ := dig(object, "metadata", "annotations").(map[string]any)
	for key, value := range annotations {
		if !strings.HasPrefix(key, "weir.dev/") && key != "kubectl.kubernetes.io/last-applied-configuration" {
			said[key] = value
		}
	}
	labels, _ := copied(dig(object, "metadata", "labels")).(map[string]any)
	if labels == nil {
		labels = map[string]any{}
	}
	return map[string]any{"spec": spec, "labels": labels, "annotations": said}
}

// Path is the splits that a VirtualService had, without repetitions; "gone"
// where it was deleted.
func (w *Witness) Path(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, v := range w.versions[name] {
		split := v.Split()
		if v.Object == nil {
			split = "gone"
		}
		if len(out) == 0 || out[len(out)-1] != split {
			out = append(out, split)
		}
	}
	return out
}

// Last is the newest version of a VirtualService.
func (w *Witness) Last(name string) Version {
	w.mu.Lock()
	defer w.mu.Unlock()
	if all := w.versions[name]; len(all) > 0 {
		return all[len(all)-1]
	}
	return Version{}
}

// Versions is how many versions were seen so far.
func (w *Witness) Versions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, all := range w.versions {
		n += len(all)
	}
	return n
}

// Open counts the decisions that were pushed and that nothing was applied by yet.
func (w *Witness) Open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	applied := map[rollout.Digest]bool{}
	for _, all := range w.versions {
		for _, v := range all {
			if v.State != nil {
				applied[v.State.Journey.Entry] = true
			}
		}
	}
	n := 0
	for digest, e := range w.pushed {
		if e.Verdict == policy.Allow && !applied[digest] {
			n++
		}
	}
	return n
}

// Edits is how often people changed weights.
func (w *Witness) Edits() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.edits
}

// Until waits for a version to be as it should.
func (w *Witness) Until(within time.Duration, what string, so func() bool) {
	w.t.Helper()
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		w.mu.Lock()
		news := w.news
		w.mu.Unlock()
		if so() {
			return
		}
		select {
		case <-news:
		case <-late.C:
			require.Fail(w.t, "it did not come to that", "within %s: %s", within, what)
		}
	}
}
