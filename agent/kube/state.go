package kube

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/weir-delivery/weir/rollout"
)

// Annotation holds a rollout's state, as JSON, on each of its VirtualServices.
const Annotation = "weir.dev/state"

// maxState is how many bytes a state may have without its outbox.
const maxState = 4096

// encode writes a state compactly. Of one that is too large it leaves out the end of
// the sentence, which is for people alone, though never all of it: nobody is refused
// the way back for a long reason. All that decides is written whole, or not at all.
func encode(s rollout.State) (string, error) {
	bare := s
	bare.Outbox = nil
	for sentence := &bare.Journey.Reason.Sentence; size(bare) > maxState && len(*sentence) > len(more); {
		*sentence = clipped(*sentence, len(*sentence)/2)
	}
	if n := size(bare); n > maxState {
		return "", fmt.Errorf("its state has %d bytes, more than the %d that an annotation of weir may have (%s); give the VirtualService fewer weighted routes", n, maxState, parts(bare))
	}
	s.Journey.Reason = bare.Journey.Reason
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encoding its state: %w", err)
	}
	return string(data), nil
}

// parts says what a state's bytes go into.
func parts(s rollout.State) string {
	var out []string
	for _, p := range []struct {
		name  string
		value any
	}{
		{"journey", s.Journey}, {"stable", s.Member.Stable}, {"previous", s.Member.Previous},
		{"applied", s.Member.Applied}, {"corrections", s.Member.Corrected},
	} {
		out = append(out, fmt.Sprintf("%s %d", p.name, size(p.value)))
	}
	return strings.Join(out, ", ")
}

func size(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return 0 // encoding it whole says why
	}
	return len(data)
}

// decode reads a state. What cannot be one is an error, never an absent state.
func decode(annotation string) (*rollout.State, error) {
	var s rollout.State
	if err := json.Unmarshal([]byte(annotation), &s); err != nil {
		return nil, fmt.Errorf("reading annotation %s: %w", Annotation, err)
	}
	if s.Cluster == "" {
		return nil, fmt.Errorf("reading annotation %s: it names no cluster", Annotation)
	}
	return &s, nil
}
