package main

import (
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestReadiness(t *testing.T) {
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		annotations map[string]string
		after       time.Duration
		ready       bool
		wait        time.Duration
	}{
		"at once":             {ready: true},
		"false":               {annotations: map[string]string{annotationReady: "false"}, after: time.Hour},
		"true":                {annotations: map[string]string{annotationReady: "true"}, ready: true},
		"too early":           {annotations: map[string]string{annotationReadyAfter: "5s"}, after: 2 * time.Second, wait: 4 * time.Second},
		"late enough":         {annotations: map[string]string{annotationReadyAfter: "5s"}, after: 6 * time.Second, ready: true},
		"late enough, false":  {annotations: map[string]string{annotationReadyAfter: "5s", annotationReady: "false"}, after: time.Hour},
		"not even a duration": {annotations: map[string]string{annotationReadyAfter: "soon"}, after: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(created), Annotations: test.annotations}}
			obstacle, wait := readiness(pod, created.Add(test.after))
			if ready := obstacle == ""; ready != test.ready || wait != test.wait {
				t.Errorf("obstacle %q, wait %v", obstacle, wait)
			}
		})
	}
}

func TestRunningStatusSettles(t *testing.T) {
	pod := &corev1.Pod{Spec: podSpec()}
	sidecar := corev1.Container{Name: "sidecar", Image: "proxy", RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}
	pod.Spec.InitContainers = append(pod.Spec.InitContainers, sidecar)
	own := corev1.PodCondition{Type: "example.com/own", Status: corev1.ConditionTrue}
	pod.Status.Conditions = []corev1.PodCondition{own}

	addr, start := netip.MustParseAddr("10.244.0.1"), time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	pod.Status = runningStatus(pod, addr, "", start)
	if got := pod.Status.Conditions[0]; got != own {
		t.Errorf("the pod's own condition became %+v", got)
	}
	if s := pod.Status.InitContainerStatuses; s[0].State.Terminated == nil || s[1].State.Running == nil {
		t.Errorf("the init containers are %+v", s)
	}
	if again := runningStatus(pod, addr, "", start.Add(time.Hour)); !equality.Semantic.DeepEqual(again, pod.Status) {
		t.Errorf("the status became %+v", again)
	}
}
