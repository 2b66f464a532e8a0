package main

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// podWorkers is how many pods are worked on at the same time.
const podWorkers = 4

// kubelet stands in for the scheduler and the kubelet: it binds every pod to
// the one node, says that its containers run, and finishes its deletion.
// Nothing is executed.
type kubelet struct {
	client    kubernetes.Interface
	factory   informers.SharedInformerFactory
	pods      listersv1.PodLister
	synced    cache.InformerSynced
	queue     workqueue.TypedRateLimitingInterface[cache.ObjectName]
	addresses *addresses
}

// newKubelet prepares a kubelet whose pods have addresses out of prefix.
func newKubelet(client kubernetes.Interface, prefix netip.Prefix) (*kubelet, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods()
	k := &kubelet{
		client:    client,
		factory:   factory,
		pods:      pods.Lister(),
		queue:     workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]()),
		addresses: newAddresses(prefix),
	}
	handler, err := pods.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    k.enqueue,
		UpdateFunc: func(_, pod any) { k.enqueue(pod) },
		DeleteFunc: k.forget,
	})
	if err != nil {
		return nil, err
	}
	k.synced = handler.HasSynced
	return k, nil
}

// run looks after the pods until ctx ends.
func (k *kubelet) run(ctx context.Context) error {
	if err := registerNode(ctx, k.client); err != nil {
		return fmt.Errorf("registering the node: %w", err)
	}
	k.factory.Start(ctx.Done())
	defer k.factory.Shutdown()
	if !cache.WaitForCacheSync(ctx.Done(), k.synced) {
		return ctx.Err()
	}
	if err := k.keepAddresses(); err != nil {
		return err
	}
	var workers sync.WaitGroup
	for range podWorkers {
		workers.Go(func() { k.work(ctx) })
	}
	<-ctx.Done()
	k.queue.ShutDown()
	workers.Wait()
	return nil
}

// keepAddresses notes the addresses that the pods of a kept cluster have.
func (k *kubelet) keepAddresses() error {
	for _, object := range k.factory.Core().V1().Pods().Informer().GetStore().List() {
		pod, ok := object.(*corev1.Pod)
		if !ok || pod.Status.PodIP == "" {
			continue
		}
		addr, err := netip.ParseAddr(pod.Status.PodIP)
		if err != nil {
			return fmt.Errorf("reading the address of pod %s: %w", cache.MetaObjectToName(pod), err)
		}
		k.addresses.keep(pod.UID, addr)
	}
	return nil
}

// enqueue has a worker look at the pod.
func (k *kubelet) enqueue(object any) {
	if pod, ok := object.(*corev1.Pod); ok {
		k.queue.Add(cache.MetaObjectToName(pod))
	}
}

// forget drops what is known of a pod that is gone.
func (k *kubelet) forget(object any) {
	if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tombstone.Obj
	}
	if pod, ok := object.(*corev1.Pod); ok {
		k.addresses.release(pod.UID)
	}
}

// work takes pods from the queue until it is shut down.
func (k *kubelet) work(ctx context.Context) {
	for {
		name, shutdown := k.queue.Get()
		if shutdown {
			return
		}
		wait, err := k.sync(ctx, name)
		switch {
		case err == nil || errors.IsNotFound(err):
			k.queue.Forget(name)
		case errors.IsConflict(err):
			k.queue.AddRateLimited(name)
		default:
			klog.FromContext(ctx).Error(err, "looking after a pod", "pod", name)
			k.queue.AddRateLimited(name)
		}
		if wait > 0 {
			k.queue.AddAfter(name, wait)
		}
		k.queue.Done(name)
	}
}

// sync takes the pod one step further. If time alone will change it, wait says
// when to look again.
func (k *kubelet) sync(ctx context.Context, name cache.ObjectName) (wait time.Duration, err error) {
	pod, err := k.pods.Pods(name.Namespace).Get(name.Name)
	switch {
	case err != nil:
		return 0, err
	case pod.DeletionTimestamp != nil:
		return 0, k.finishDeletion(ctx, pod)
	case pod.Status.Phase == corev1.PodSucceeded, pod.Status.Phase == corev1.PodFailed, len(pod.Spec.SchedulingGates) > 0:
		return 0, nil
	case pod.Spec.NodeName == "":
		return 0, k.bind(ctx, pod) // the update that this causes brings the pod here again
	}
	addr, err := k.addresses.of(pod.UID)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	obstacle, wait := readiness(pod, now)
	status := runningStatus(pod, addr, obstacle, now)
	if equality.Semantic.DeepEqual(status, pod.Status) {
		return wait, nil
	}
	pod = pod.DeepCopy()
	pod.Status = status
	_, err = k.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return wait, err
}

// bind assigns the pod to the node.
func (k *kubelet) bind(ctx context.Context, pod *corev1.Pod) error {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: nodeName},
	}
	return k.client.CoreV1().Pods(pod.Namespace).Bind(ctx, binding, metav1.CreateOptions{})
}

// finishDeletion removes a pod that is being deleted, as if its containers had
// ended at once.
func (k *kubelet) finishDeletion(ctx context.Context, pod *corev1.Pod) error {
	if grace := pod.DeletionGracePeriodSeconds; grace != nil && *grace == 0 {
		return nil // it waits for its finalizers only
	}
	options := metav1.NewDeleteOptions(0)
	options.Preconditions = metav1.NewUIDPreconditions(string(pod.UID))
	return k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *options)
}
