package main

import (
	"fmt"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations of pods that say when the stand-in for the kubelet calls them
// ready. Without them, a pod is ready at once.
const (
	// annotationReady keeps the pod from being ready while its value is "false".
	annotationReady = "localcluster.weir.dev/ready"
	// annotationReadyAfter keeps the pod from being ready for that long after
	// its creation: a Go duration. As creation times are whole seconds, it
	// takes up to a second longer.
	annotationReadyAfter = "localcluster.weir.dev/ready-after"
)

// readiness says why the pod is not ready at the time now; "" means it is. If
// time alone makes it ready, wait is how long that takes.
func readiness(pod *corev1.Pod, now time.Time) (obstacle string, wait time.Duration) {
	if pod.Annotations[annotationReady] == "false" {
		return fmt.Sprintf("the annotation %s is false", annotationReady), 0
	}
	after, ok := pod.Annotations[annotationReadyAfter]
	if !ok {
		return "", 0
	}
	delay, err := time.ParseDuration(after)
	if err != nil {
		return fmt.Sprintf("the annotation %s is no duration: %q", annotationReadyAfter, after), 0
	}
	wait = pod.CreationTimestamp.Add(time.Second + delay).Sub(now)
	if wait <= 0 {
		return "", 0
	}
	return fmt.Sprintf("the annotation %s is %s", annotationReadyAfter, after), wait
}

// runningStatus is the status of a pod that runs at the address addr; obstacle
// says why it is not ready, if it is not. What else is in the pod's status stays.
func runningStatus(pod *corev1.Pod, addr netip.Addr, obstacle string, now time.Time) corev1.PodStatus {
	status := pod.Status.DeepCopy()
	if status.StartTime == nil {
		start := metav1.NewTime(now).Rfc3339Copy()
		status.StartTime = &start
	}
	status.Phase = corev1.PodRunning
	status.ObservedGeneration = pod.Generation
	status.HostIP, status.HostIPs = nodeAddress, []corev1.HostIP{{IP: nodeAddress}}
	status.PodIP, status.PodIPs = addr.String(), []corev1.PodIP{{IP: addr.String()}}
	status.ContainerStatuses = containerStatuses(pod, obstacle == "", *status.StartTime)
	status.InitContainerStatuses = initContainerStatuses(pod, *status.StartTime)

	running := corev1.PodCondition{Status: corev1.ConditionTrue, ObservedGeneration: pod.Generation}
	ready := running
	if obstacle != "" {
		ready.Status, ready.Reason, ready.Message = corev1.ConditionFalse, "ContainersNotReady", obstacle
	}
	setCondition(status, corev1.PodScheduled, running, now)
	setCondition(status, corev1.PodInitialized, running, now)
	setCondition(status, corev1.ContainersReady, ready, now)
	setCondition(status, corev1.PodReady, ready, now)
	return *status
}

// containerStatuses tells of containers that run since start.
func containerStatuses(pod *corev1.Pod, ready bool, start metav1.Time) []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	for _, c := range pod.Spec.Containers {
		s := containerStatus(pod, c)
		s.Ready, s.Started = ready, new(true)
		s.State.Running = &corev1.ContainerStateRunning{StartedAt: start}
		statuses = append(statuses, s)
	}
	return statuses
}

// initContainerStatuses tells of init containers that ended well at start, and
// of sidecars among them that run since then.
func initContainerStatuses(pod *corev1.Pod, start metav1.Time) []corev1.ContainerStatus {
	var statuses []corev1.ContainerStatus
	for _, c := range pod.Spec.InitContainers {
		s := containerStatus(pod, c)
		s.Ready = true
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			s.Started = new(true)
			s.State.Running = &corev1.ContainerStateRunning{StartedAt: start}
		} else {
			s.Started = new(false)
			s.State.Terminated = &corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: start, FinishedAt: start, ContainerID: s.ContainerID}
		}
		statuses = append(statuses, s)
	}
	return statuses
}

// containerStatus names the container c of the pod.
func containerStatus(pod *corev1.Pod, c corev1.Container) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name:        c.Name,
		Image:       c.Image,
		ImageID:     c.Image,
		ContainerID: fmt.Sprintf("localcluster://%s/%s", pod.UID, c.Name),
	}
}

// setCondition sets the condition of the type kind. Its time of transition
// changes with its status alone.
func setCondition(status *corev1.PodStatus, kind corev1.PodConditionType, c corev1.PodCondition, now time.Time) {
	c.Type, c.LastTransitionTime = kind, metav1.NewTime(now).Rfc3339Copy()
	for i, old := range status.Conditions {
		if old.Type != kind {
			continue
		}
		if old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
		status.Conditions[i] = c
		return
	}
	status.Conditions = append(status.Conditions, c)
}
