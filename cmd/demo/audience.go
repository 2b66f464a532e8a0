package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/istio"
)

var virtualServices = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}

// sight is reviews as the API server's watch showed it.
type sight struct {
	split rollout.Split
	state rollout.State
}

// audience sees every version of reviews that the API server ever held, so
// that no move can go unnoticed, not even one between two others.
type audience struct {
	events watch.Interface
	last   sight
}

func (s *stage) watch(ctx context.Context) error {
	events, err := s.client.Resource(virtualServices).Namespace(namespace).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=reviews"})
	if err != nil {
		return err
	}
	s.seen = &audience{events: events}
	s.stops = append(s.stops, func() error { events.Stop(); return nil })
	return nil
}

// next waits for the next change of reviews' split or phase, and shows it.
func (s *stage) next(ctx context.Context) (sight, error) {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case <-ctx.Done():
			return sight{}, ctx.Err()
		case <-timeout.C:
			return sight{}, fmt.Errorf("nothing happened for %s; reviews is at %s", patience, s.seen.last.split)
		case e, open := <-s.seen.events.ResultChan():
			if !open {
				return sight{}, errors.New("the watch ended")
			}
			object, ok := e.Object.(*unstructured.Unstructured)
			if !ok {
				return sight{}, fmt.Errorf("the watch sent %s", e.Type)
			}
			now, err := look(object)
			if err == nil && s.inspect != nil {
				err = s.inspect(object.Object)
			}
			if err != nil {
				return sight{}, err
			}
			was := s.seen.last
			s.seen.last = now
			if !was.split.Verbatim(now.split) || was.state.Journey.Phase != now.state.Journey.Phase {
				s.show(ctx, now)
				return now, nil
			}
		}
	}
}

func look(object *unstructured.Unstructured) (sight, error) {
	routes, wrong := istio.Read(object.Object, istio.All)
	if len(wrong) > 0 || len(routes) == 0 {
		return sight{}, fmt.Errorf("reviews has no routes to see: %v", wrong)
	}
	out := sight{split: routes[0].Split}
	if err := json.Unmarshal([]byte(object.GetAnnotations()["weir.dev/state"]), &out.state); err != nil {
		return sight{}, fmt.Errorf("reading the state on reviews: %w", err)
	}
	return out, nil
}

// until waits for one split, and remembers those on the way.
func (s *stage) until(ctx context.Context, split string) error {
	for s.seen.last.split.String() != split {
		if _, err := s.next(ctx); err != nil {
			return err
		}
		s.path = append(s.path, s.seen.last.split.String())
	}
	return nil
}

// expect waits until the splits were seen, in order and none besides, and the
// rollout is Healthy with the sentence.
func (s *stage) expect(ctx context.Context, splits []string, ends string) error {
	if len(splits) == 0 {
		return nil
	}
	for {
		last := s.seen.last
		arrived := last.split.String() == splits[len(splits)-1] && last.state.Journey.Phase == rollout.Healthy
		if arrived && len(s.path) > 0 && strings.Contains(last.state.Journey.Reason.Sentence, ends) {
			break
		}
		if _, err := s.next(ctx); err != nil {
			return err
		}
		s.path = append(s.path, s.seen.last.split.String())
	}
	seen := distinct(s.path)
	s.path = nil
	if got, want := strings.Join(seen, " → "), strings.Join(splits, " → "); got != want {
		return fmt.Errorf("reviews went %s, not %s", got, want)
	}
	return nil
}

// distinct leaves out what repeats the one before it.
func distinct(in []string) []string {
	var out []string
	for _, s := range in {
		if len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
	}
	return out
}

// untilDenied waits until the status branch tells of the refusal, and holds
// that nothing moved.
func (s *stage) untilDenied(ctx context.Context) error {
	before := s.seen.last.split.String()
	if err := s.poll(ctx, "the change was not denied", func() bool {
		status, err := s.status(ctx)
		if err != nil || status.Rollout.Reason.Code != rollout.Denied {
			return false
		}
		s.say("  %s %s", s.red("✖"), status.Rollout.Reason.Sentence)
		for _, f := range status.Rollout.Findings {
			s.say("    %s %s (%s)", s.dim(string(f.Level)+" "+f.Rule), f.Fix, f.Position)
		}
		return true
	}); err != nil {
		return err
	}
	if now := s.seen.last.split.String(); now != before {
		return fmt.Errorf("a denied change moved reviews from %s to %s", before, now)
	}
	s.say("    reviews stays at %s", before)
	return nil
}

// poll asks until the answer is yes.
func (s *stage) poll(ctx context.Context, otherwise string, yes func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", otherwise, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}
