package simulator

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// approvals is where intents stand on the watched branch, besides the branch where
// they stand if not there.
const (
	approvals = "approvals"
	besides   = "ops/approvals"
)

// people are who asks: the author of the changes, and two others.
var people = []string{author, "Ann <ann@example.com>", "Bob <bob@example.com>"}

// requests is what people ask for.
func requests() map[Kind]deed {
	return map[Kind]deed{
		"ask": func(w *world, e Event) bool { // by a commit
			v, ok := w.view(e)
			if !ok {
				return false
			}
			verbs := rollout.Verbs()
			step := v.Step
			if e.C%8 == 0 {
				step++ // a step that it is not at
			}
			who := e.B % len(people)
			signer := people[who]
			switch (e.A + e.C) % 5 {
			case 0:
				signer = "" // without a signature
			case 1:
				signer = people[(who+1)%len(people)] // in another's name
			}
			w.ask(people[who], signer, verbs[e.A%len(verbs)], v, step, e.B%5 == 0)
			return true
		},
		"now": func(w *world, e Event) bool { // on the VirtualService itself
			v, ok := w.view(e)
			if !ok {
				return false
			}
			verb := []rollout.Verb{rollout.ToPause, rollout.ToResume, rollout.ToAbort, rollout.ToApprove}[e.A%4]
			done := false
			for _, t := range v.Targets {
				ref := rollout.Ref{Namespace: t.Namespace, Name: t.Name}
				if w.kube.Get("VirtualService", ref) == nil {
					continue
				}
				done = true
				w.askOn(ref, verb, v.ID, v.Step)
			}
			return done
		},
		"stop": func(w *world, e Event) bool { // the line, by the agent's namespace
			if w.stopped {
				return false
			}
			w.stopped = true
			w.kube.Stop("Ann: an incident")
			w.say("Ann stops the line")
			w.at(w.now.Add(minutes(e)), func() {
				w.stopped = false
				w.kube.Stop("")
				w.say("the line goes on")
			})
			return true
		},
	}
}

// askOn asks on the VirtualService itself.
func (w *world) askOn(ref rollout.Ref, verb rollout.Verb, id rollout.ID, step int) {
	w.say("Ann asks on %s itself: %s %s step %d", ref.Name, verb, id, step)
	w.kube.Edit("weir-cli", "VirtualService", ref, func(o map[string]any) {
		annotations := below(o, "metadata", "annotations")
		var asked []rollout.Intent
		if text, ok := annotations[intents].(string); ok {
			_ = json.Unmarshal([]byte(text), &asked)
		}
		asked = append(asked, rollout.Intent{Verb: verb, ID: id, Step: step - 1, By: "Ann <ann@example.com>", At: w.now})
		text, err := json.Marshal(asked)
		if err != nil {
			panic(fmt.Sprintf("simulator: internal error: %v", err))
		}
		annotations[intents] = string(text)
	})
}

// intents is the annotation for what is asked on the cluster.
const intents = "weir.dev/intent"

// view is a rollout as an agent that runs shows it.
func (w *world) view(e Event) (agent.View, bool) {
	p := w.process(e)
	if p.agent == nil {
		return agent.View{}, false
	}
	views := p.agent.Views()
	if len(views) == 0 {
		return agent.View{}, false
	}
	v := views[e.C%len(views)]
	return v, v.ID != ""
}

// ask commits an intent, with the key of a signer if there is one.
func (w *world) ask(who, signer string, verb rollout.Verb, v agent.View, step int, full bool) {
	spec := object{"environment": v.Environment, "verb": string(verb), "id": string(v.ID), "step": step, "reason": "because"}
	if full && (verb == rollout.ToPromote || verb == rollout.ToAbort) {
		spec["full"] = true
	}
	file := path.Join(approvals, v.Environment, v.Namespace, v.Name, fmt.Sprintf("%s-%d-%s-%d.yaml", v.ID, step, verb, len(w.commits)+len(w.aside)))
	w.askers[file], w.signers[file] = who, signer
	content := text(object{
		"apiVersion": "weir.dev/v1alpha1", "kind": "Intent", "metadata": object{"name": v.Name, "namespace": v.Namespace}, "spec": spec,
	})
	w.say("%s asks: %s %s %s step %d", who, verb, v.Name, v.ID, step)
	if w.wish.Aside {
		w.commitAside(who, signer, file, content)
		return
	}
	w.asked[file] = content
	w.commitBy(who, signer, w.wish.clone())
}

// commitAside commits a file to the branch of the approvals.
func (w *world) commitAside(who, signer, file, content string) {
	files := map[string]string{file: content}
	w.git.Sign(w.git.CommitOn(besides, who, files), signer)
	if signer != "" {
		w.signed = append(w.signed, signature{signer, files})
	}
	w.aside = append(w.aside, aside{w.now, file, content})
	w.struck["aside"]++
}

// aside is a file on the branch of the approvals, and since when.
type aside struct {
	at            time.Time
	file, content string
}

// asides are the files of the approvals' branch that the agent has read.
func (o *oracle) asides(p *process) map[string]string {
	out := map[string]string{}
	for _, a := range o.w.aside {
		if !a.at.After(p.listened) {
			out[a.file] = a.content
		}
	}
	return out
}

// encourage has people approve, resume and retry what waits for them.
func (w *world) encourage() {
	for _, p := range w.processes {
		if p.agent == nil {
			continue
		}
		for _, v := range p.agent.Views() {
			if v.Reason.Code == rollout.Denied || v.Reason.Code == rollout.HandEdit {
				w.relent(v)
			}
			verb, waits := answers[v.Reason.Code]
			if v.ID == "" || !waits {
				continue
			}
			at := fmt.Sprintf("%s %s %d", v.ID, verb, v.Step)
			if since, asked := w.urged[at]; asked && w.now.Sub(since) < time.Hour {
				continue
			}
			w.urged[at] = w.now
			// Either may be taken for the author of a change that came with a commit of theirs.
			who := people[1+(len(w.commits)+len(w.aside))%2]
			w.ask(who, who, verb, v, v.Step, false)
		}
		return // one of them speaks for all
	}
}

// answers is what people do about a rollout that waits for them.
var answers = map[rollout.Code]rollout.Verb{
	rollout.Approval: rollout.ToApprove, rollout.Adoption: rollout.ToApprove, rollout.PausedByHand: rollout.ToResume,
	rollout.Aborted: rollout.ToRetry, rollout.DeadlineExceeded: rollout.ToRetry,
	rollout.AnalysisFailed: rollout.ToRetry, rollout.WebhookBack: rollout.ToRetry,
}

// relent has Git ask for stable where policies refuse the way to the target, as a
// split in flight can be too far from what Git asks for then, and where a hand
// edit waits for another wish. At rest Git asks for what is there: what somebody
// took back by hand stays otherwise.
func (w *world) relent(v agent.View) {
	next := w.wish.clone()
	for _, t := range v.Targets {
		i, ok := next.target(t.Name)
		s := sideOf(w.kube.Get("VirtualService", rollout.Ref{Namespace: t.Namespace, Name: t.Name}))
		if !ok || s.state == nil {
			return
		}
		to := s.state.Member.Stable
		if s.state.Member.Applied == nil {
			to = s.routes
		}
		next.home(i, to)
	}
	if next.String() != w.wish.String() {
		w.say("a commit gives in: %s", next)
		w.commit(next)
	}
}

// home gives a target the weights that were stable.
func (w *wish) home(target int, stable rollout.Routes) {
	for n, r := range sideOf(whole(w.Targets[target].service(false)).(object)).routes {
		was, _ := stable.Find(r.Key)
		weights := w.Targets[target].Routes[n].Weights
		for _, weight := range was.Split {
			for d := range weights {
				if weight.Subset == subset(d) {
					weights[d] = weight.Weight
				}
			}
		}
		inPercent(weights)
	}
}

// inPercent makes weights that a hand set into such as policies allow, at shares
// as near as those are.
func inPercent(weights []int) {
	total, left := 0, 100
	for _, weight := range weights {
		total += weight
	}
	if total == 0 || total%100 == 0 {
		return
	}
	for d, weight := range weights {
		weights[d] = weight * 100 / total
		left -= weights[d]
	}
	weights[0] += left
}

// mendByHand takes away what only people can: annotations that cannot be read.
func (w *world) mendByHand() {
	for _, name := range w.everNamed() {
		ref := rollout.Ref{Namespace: namespace, Name: name}
		o := w.kube.Get("VirtualService", ref)
		if o == nil {
			continue
		}
		if _, has := below(o, "metadata", "annotations")[annotation]; has && stateOf(o) == nil {
			w.say("somebody deletes the damaged annotation of %s", name)
			w.kube.Edit("kubectl-edit", "VirtualService", ref, func(o map[string]any) { delete(below(o, "metadata", "annotations"), annotation) })
		}
	}
}

// others are the choices of weights beside those of a route now.
func others(r routeWish, k int) []int {
	for ; ; k++ {
		if w := allowed(len(r.Weights), k); !slices.Equal(w, r.Weights) {
			return w
		}
	}
}
