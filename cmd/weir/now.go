package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/weir-delivery/weir/agent/kube"
	"github.com/weir-delivery/weir/cmd/weir/report"
	"github.com/weir-delivery/weir/rollout"
	"github.com/weir-delivery/weir/rollout/spec"
)

// hand is the field manager of what people ask for on the cluster itself.
const hand = "weir-cli"

// maxMarks bounds how often a mark is tried while others write the object.
const maxMarks = 5

// runNow asks on the VirtualServices themselves.
func (s *shell) runNow(ctx context.Context, o wish, now time.Time) error {
	look := asking{name: o.name, cluster: o.cluster, kubeconfig: o.kubeconfig, context: o.context, from: "cluster"}
	at, err := openCluster(look)
	if err != nil {
		return err
	}
	r, err := o.one(ctx, at, look)
	if err != nil {
		return err
	}
	asked := o.intent(r)
	if asked.By, err = o.by(ctx); err != nil {
		return err
	}
	asked.At, asked.Now = now.UTC().Truncate(time.Second), true
	if _, _, err := document(spec.DefaultApprovals, asked, r); err != nil { // it says what a commit of it would
		return err
	}
	if err := sensible(asked, r, "cluster"); err != nil {
		return err
	}
	if err := rollout.Authorise(&rollout.Rollout{}, asked); err != nil {
		return declined(fmt.Sprintf("%s cannot be asked that: %v", r.FullName(), err))
	}
	if o.dryRun {
		return report.JSON(s.out, []rollout.Intent{asked})
	}
	marked := 0
	for _, target := range r.Targets {
		changed, err := mark(ctx, at.client.Resource(at.kind).Namespace(target.Namespace), target.Name, asked)
		if err != nil {
			return fmt.Errorf("marking VirtualService %s/%s: %w", target.Namespace, target.Name, err)
		}
		if changed {
			marked++
		}
	}
	if marked == 0 {
		return decline(r, "A pause that is a commit ends by one: weir resume "+o.name+".", "has no pause of --now on it")
	}
	_, err = fmt.Fprintf(s.out, "asked to %s %s at step %d, on the cluster: the agent heeds it at once\n", asked.Verb, r.FullName(), r.Step)
	return err
}

// by is who asks, as git knows them.
func (o wish) by(ctx context.Context) (string, error) {
	dir := o.repo
	if clone, err := openClone(dir); err == nil { // it needs none
		dir = clone.base()
	}
	config, err := settingsOf(ctx, dir)
	if err != nil {
		return "", err
	}
	who, err := config.identity()
	return person(who), err
}

// mark writes what is asked for on one object, or takes away what a resume
// takes away; false when there is nothing to write.
func mark(ctx context.Context, services dynamic.ResourceInterface, name string, asked rollout.Intent) (bool, error) {
	for range maxMarks {
		object, err := services.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		before, had := object.GetAnnotations()[kube.IntentAnnotation]
		after := marks(before, asked)
		if after == nil && !had || after != nil && *after == before {
			return false, nil
		}
		err = annotate(ctx, services, name, object.GetResourceVersion(), kube.IntentAnnotation, after)
		if !apierrors.IsConflict(err) {
			return err == nil, err
		}
	}
	return false, errors.New("others keep writing it; try again")
}

// marks is the annotation with the intent in it, without those of other
// journeys; nil for none. A resume takes the pauses away.
func marks(before string, asked rollout.Intent) *string {
	var list []rollout.Intent
	_ = json.Unmarshal([]byte(before), &list) // what cannot be read asks for nothing
	list = slices.DeleteFunc(list, func(i rollout.Intent) bool {
		return i.ID != asked.ID || asked.Verb == rollout.ToResume && (i.Verb == rollout.ToPause || i.Verb == rollout.ToResume)
	})
	if asked.Verb != rollout.ToResume {
		list = append(list, asked)
	}
	if len(list) == 0 {
		return nil
	}
	data, err := json.Marshal(list)
	if err != nil {
		panic(fmt.Sprintf("weir: internal error: writing an intent: %v", err))
	}
	text := string(data)
	return &text
}

// annotate writes one annotation of the object as it was read; nil removes it.
func annotate(ctx context.Context, objects dynamic.ResourceInterface, name, version, annotation string, value *string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"resourceVersion": version, "annotations": map[string]*string{annotation: value},
	}})
	if err != nil {
		return err
	}
	_, err = objects.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: hand})
	return err
}

// runLine stops the line, or lets it go on: by the agent's own namespace.
func (s *shell) runLine(ctx context.Context, o wish, now time.Time) error {
	by, err := o.by(ctx)
	if err != nil {
		return err
	}
	var sentence *string
	if o.verb == rollout.ToPause {
		text := strings.TrimSuffix(by+": "+o.reason, ": ") + ", " + now.UTC().Format(time.RFC3339)
		if strings.ContainsFunc(o.reason, unicode.IsControl) || len(o.reason) > spec.MaxReason {
			return usagef("--reason is one line of at most %d bytes", spec.MaxReason)
		}
		sentence = &text
	}
	if o.dryRun {
		return report.JSON(s.out, map[string]*string{kube.PauseAnnotation: sentence})
	}
	at, err := openCluster(asking{kubeconfig: o.kubeconfig, context: o.context})
	if err != nil {
		return err
	}
	namespaces := at.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	object, err := namespaces.Get(ctx, o.home, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return usagef("there is no namespace %s; name the agent's with --agent-namespace", o.home)
	case err != nil:
		return fmt.Errorf("reading namespace %s: %w", o.home, err)
	}
	if was, stopped := object.GetAnnotations()[kube.PauseAnnotation]; stopped == (sentence != nil) {
		return s.lineIsSo(o, was)
	}
	if err := annotate(ctx, namespaces, o.home, object.GetResourceVersion(), kube.PauseAnnotation, sentence); err != nil {
		return fmt.Errorf("writing annotation %s of namespace %s: %w", kube.PauseAnnotation, o.home, err)
	}
	if !watched(ctx, at.client.Resource(schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}).Namespace(o.home)) {
		s.say("note: no agent holds a lease in namespace %s: one that runs outside of it heeds this only if it was started with --namespace %s", o.home, o.home)
	}
	said := "the line is stopped: nothing goes forward until weir resume --all; going back still does"
	if sentence == nil {
		said = "the line goes on"
	}
	_, err = fmt.Fprintln(s.out, said)
	return err
}

// watched tells whether an agent holds a lease there, or whether nobody can tell.
func watched(ctx context.Context, leases dynamic.ResourceInterface) bool {
	list, err := leases.List(ctx, metav1.ListOptions{})
	return err != nil || slices.ContainsFunc(list.Items, func(l unstructured.Unstructured) bool {
		return strings.HasPrefix(l.GetName(), kube.LeasePrefix)
	})
}

// lineIsSo says that nothing had to be done.
func (s *shell) lineIsSo(o wish, was string) error {
	text := "the line is not stopped"
	if o.verb == rollout.ToPause {
		text = "the line is stopped already: " + was
	}
	_, err := fmt.Fprintln(s.out, text)
	return err
}
