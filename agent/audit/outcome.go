package audit

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/weir-delivery/weir/rollout"
)

// Result is how an allowed move ended.
type Result string

// Applied: the cluster has it. Superseded: what it was decided for had changed
// when it was to be applied. Failed: the cluster refused it.
const (
	Applied    Result = "applied"
	Superseded Result = "superseded"
	Failed     Result = "failed"
)

// Outcome says how one allowed move ended. There is one for each.
type Outcome struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"` // Outcome
	Decision   rollout.Digest `json:"decision"`
	Path       string         `json:"path"`
	Result     Result         `json:"result"`
	Why        string         `json:"why,omitempty"`
	Time       time.Time      `json:"time"`
}

// NewOutcome is the outcome of a sealed decision.
func NewOutcome(decision Sealed, result Result, why string, now time.Time) Outcome {
	return Outcome{APIVersion, "Outcome", decision.Digest, decision.Path, result, why, now.UTC()}
}

// Seal writes the outcome down, at the decision's path under outcomes/.
func (o Outcome) Seal() Sealed {
	data, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("audit: internal error: sealing the outcome of %s: %v", o.Path, err))
	}
	data = append(data, '\n')
	return Sealed{path.Join("outcomes", strings.TrimPrefix(o.Path, "decisions/")), data, rollout.DigestBytes(data)}
}
