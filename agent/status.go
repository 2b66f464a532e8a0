package agent

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/weir-delivery/weir/agent/audit"
	"github.com/weir-delivery/weir/rollout"
)

// Status is a rollout's view on the status branch, with what a rebuilt cluster
// needs to resume: the split and the state of each target.
type Status struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"` // RolloutStatus
	Cluster    string         `json:"cluster"`
	Rollout    View           `json:"rollout"`
	Live       []rollout.Live `json:"live"`

	data   []byte // as it is written, once it is sealed
	digest rollout.Digest
	lives  rollout.Digest // of Live
}

// sealed is the status with its bytes, which are asked for often.
func (s Status) sealed() Status {
	s.data = s.bytes()
	s.digest = rollout.DigestBytes(s.data)
	return s
}

// status is the rollout after its turn.
func (a *Agent) statusOf(t *Turn) Status {
	s := Status{APIVersion: audit.APIVersion, Kind: "RolloutStatus", Cluster: a.options.Cluster, Rollout: t.view(), Live: []rollout.Live{}}
	live := t.Facts.Live
	if t.Done {
		live = t.Move.On(live)
	}
	if t.Done && t.Move.Kind == rollout.Remove {
		for _, l := range t.Facts.Live { // its journey is not forgotten
			live = append(live, rollout.Live{Ref: l.Ref, State: &rollout.State{Journey: t.Move.Journey}})
		}
	}
	for _, r := range t.Facts.Recorded { // what nothing of the cluster says any more is not forgotten
		if t.Rollout.Want == rollout.Gone {
			r.Routes = nil // nor is it to come back as it was
		}
		if !slices.ContainsFunc(live, func(l rollout.Live) bool { return l.Ref == r.Ref && l.State != nil }) {
			live = append(slices.Clone(live), r)
		}
	}
	for _, l := range live {
		if l.State == nil {
			continue
		}
		state := *l.State
		state.Cluster, state.Name, state.Outbox = a.options.Cluster, t.Rollout.Name, nil
		s.Live = append(s.Live, rollout.Live{Ref: l.Ref, Routes: l.Routes.Moving(), State: &state})
	}
	s.lives = rollout.DigestOf(s.Live)
	return s
}

// same tells whether both say the same to a person and to a rebuilt cluster.
func (s Status) same(o Status) bool {
	return s.Rollout.same(o.Rollout) && s.lives == o.lives
}

// path is where the status stands on the status branch.
func (s Status) path() string {
	return path.Join("status", s.Cluster, s.Rollout.Environment, fmt.Sprintf("%s.%s.json", s.Rollout.Namespace, s.Rollout.Name))
}

func (s Status) bytes() []byte {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("agent: internal error: writing the status of %s: %v", s.Rollout.Name, err))
	}
	return append(data, '\n')
}

// ReadStatus reads every status of a cluster from the status branch.
func ReadStatus(tree fs.FS, cluster string) ([]Status, error) {
	files, err := fs.Glob(tree, path.Join("status", cluster, "*", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("listing the status of cluster %s: %w", cluster, err)
	}
	var out []Status
	for _, file := range files {
		data, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, fmt.Errorf("reading %s on the status branch: %w", file, err)
		}
		var s Status
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("reading %s on the status branch: %w", file, err)
		}
		out = append(out, s)
	}
	return out, nil
}
