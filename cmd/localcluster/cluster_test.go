package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	networkingv1 "istio.io/api/networking/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// patience is how long a test waits for the cluster to do something.
const patience = 30 * time.Second

var virtualServices = schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1", Resource: "virtualservices"}

// TestCluster starts a cluster in this process, which can have only one, and
// tries what the demo and the tests of weir rely on.
func TestCluster(t *testing.T) {
	r := startTestCluster(t)
	client := kubernetes.NewForConfigOrDie(loadConfig(t, r.Kubeconfig))
	dyn := dynamic.NewForConfigOrDie(loadConfig(t, r.Kubeconfig))

	t.Run("a Deployment becomes available", func(t *testing.T) { testDeployment(t, client) })
	t.Run("an annotation keeps a pod from being ready", func(t *testing.T) { testReadyAnnotation(t, client) })
	t.Run("an annotation delays readiness", func(t *testing.T) { testReadyAfterAnnotation(t, client) })
	t.Run("a namespace goes with all in it", func(t *testing.T) { testNamespaceDeletion(t, client, dyn) })
	t.Run("a Deployment goes with its pods", func(t *testing.T) { testCascade(t, client) })
	t.Run("a VirtualService goes with its owner", func(t *testing.T) { testCustomCascade(t, client, dyn) })
	t.Run("the agent's account may do nothing", func(t *testing.T) { testAgentAccount(t, r.AgentKubeconfig) })
}

func testDeployment(t *testing.T, client kubernetes.Interface) {
	ns := newNamespace(t, client)
	deploy(t, client, ns, 3)
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := client.CoreV1().Services(ns).Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		d, err := client.AppsV1().Deployments(ns).Get(ctx, "web", metav1.GetOptions{})
		if err == nil && d.Status.AvailableReplicas != 3 {
			err = fmt.Errorf("%d replicas are available", d.Status.AvailableReplicas)
		}
		return err
	})
	eventually(t, func(ctx context.Context) error {
		ready, err := readyAddresses(ctx, client, ns)
		if err == nil && len(ready) != 3 {
			err = fmt.Errorf("the ready addresses are %v", ready.UnsortedList())
		}
		for addr := range ready {
			if !netip.MustParsePrefix(podRange).Contains(netip.MustParseAddr(addr)) {
				t.Errorf("address %s is not in %s", addr, podRange)
			}
		}
		return err
	})
}

func testReadyAnnotation(t *testing.T, client kubernetes.Interface) {
	ns := newNamespace(t, client)
	pod := createPod(t, client, ns, map[string]string{annotationReady: "false"})
	awaitReadiness(t, client, pod, corev1.ConditionFalse)
	for value, want := range map[string]corev1.ConditionStatus{"true": corev1.ConditionTrue, "false": corev1.ConditionFalse} {
		patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, annotationReady, value)
		if _, err := client.CoreV1().Pods(ns).Patch(t.Context(), pod.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		awaitReadiness(t, client, pod, want)
	}
}

func testReadyAfterAnnotation(t *testing.T, client kubernetes.Interface) {
	pod := createPod(t, client, newNamespace(t, client), map[string]string{annotationReadyAfter: "2s"})
	awaitReadiness(t, client, pod, corev1.ConditionFalse)
	ready := awaitReadiness(t, client, pod, corev1.ConditionTrue)
	if took := ready.LastTransitionTime.Sub(pod.CreationTimestamp.Time); took < 2*time.Second {
		t.Errorf("the pod was ready %v after its creation", took)
	}
}

func testNamespaceDeletion(t *testing.T, client kubernetes.Interface, dyn dynamic.Interface) {
	ns := newNamespace(t, client)
	deploy(t, client, ns, 2)
	createVirtualService(t, dyn, ns, nil)
	if err := client.CoreV1().Namespaces().Delete(t.Context(), ns, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := client.CoreV1().Namespaces().Get(ctx, ns, metav1.GetOptions{})
		return wantNotFound(err)
	})
}

func testCascade(t *testing.T, client kubernetes.Interface) {
	ns := newNamespace(t, client)
	deploy(t, client, ns, 2)
	eventually(t, func(ctx context.Context) error { return wantPods(ctx, client, ns, 2) })
	if err := client.AppsV1().Deployments(ns).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error { return wantPods(ctx, client, ns, 0) })
}

func testCustomCascade(t *testing.T, client kubernetes.Interface, dyn dynamic.Interface) {
	ns := newNamespace(t, client)
	owner, err := client.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	createVirtualService(t, dyn, ns, []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}})
	if err := client.CoreV1().ConfigMaps(ns).Delete(t.Context(), owner.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := dyn.Resource(virtualServices).Namespace(ns).Get(ctx, "reviews", metav1.GetOptions{})
		return wantNotFound(err)
	})
}

func testAgentAccount(t *testing.T, kubeconfig string) {
	config := loadConfig(t, kubeconfig)
	_, err := kubernetes.NewForConfigOrDie(config).CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:serviceaccount:weir-system:weir") {
		t.Errorf("listing pods: %v", err)
	}
	_, err = dynamic.NewForConfigOrDie(config).Resource(virtualServices).Namespace("default").List(t.Context(), metav1.ListOptions{})
	if !apierrors.IsForbidden(err) {
		t.Errorf("listing VirtualServices: %v", err)
	}
}

// startTestCluster starts a cluster that the end of the test stops.
func startTestCluster(t *testing.T) ready {
	t.Helper()
	f, err := openFolder(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, f.close) })
	log, err := openLog(f, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, log.close) })
	crds, err := readCRDs(istioCRDs(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancelCause(context.WithoutCancel(t.Context()))
	c, err := startCluster(ctx, end, settings{folder: f, crds: crds, agent: newAccount("weir-system", "weir"), log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, func() error { return errors.Join(failure(ctx), c.stop()) }) })
	return c.ready
}

// istioCRDs is the path of Istio's custom resource definitions.
func istioCRDs(t *testing.T) string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "istio.io/api").Output()
	if err != nil {
		t.Fatalf("finding the module istio.io/api: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "kubernetes", "customresourcedefinitions.gen.yaml")
}

// loadConfig reads a kubeconfig into the configuration of a client.
func loadConfig(t *testing.T, kubeconfig string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return config
}

// newNamespace creates a namespace in which pods can be created.
func newNamespace(t *testing.T, client kubernetes.Interface) string {
	t.Helper()
	ns, err := client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts(ns.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return ns.Name
}

// podSpec is a pod with an init container.
func podSpec() corev1.PodSpec {
	return corev1.PodSpec{
		InitContainers: []corev1.Container{{Name: "prepare", Image: "busybox"}},
		Containers:     []corev1.Container{{Name: "web", Image: "nginx"}},
	}
}

// deploy creates the Deployment web, whose pods have the label app=web.
func deploy(t *testing.T, client kubernetes.Interface, ns string, replicas int32) {
	t.Helper()
	labels := map[string]string{"app": "web"}
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec()},
		},
	}
	if _, err := client.AppsV1().Deployments(ns).Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func createPod(t *testing.T, client kubernetes.Interface, ns string, annotations map[string]string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web", Annotations: annotations}, Spec: podSpec()}
	pod, err := client.CoreV1().Pods(ns).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}

// createVirtualService creates the VirtualService reviews.
func createVirtualService(t *testing.T, dyn dynamic.Interface, ns string, owners []metav1.OwnerReference) {
	t.Helper()
	spec, err := protojson.Marshal(&networkingv1.VirtualService{
		Hosts: []string{"reviews"},
		Http: []*networkingv1.HTTPRoute{{
			Route: []*networkingv1.HTTPRouteDestination{{Destination: &networkingv1.Destination{Host: "reviews"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	vs := new(unstructured.Unstructured)
	if err := vs.UnmarshalJSON(fmt.Appendf(nil, `{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","spec":%s}`, spec)); err != nil {
		t.Fatal(err)
	}
	vs.SetName("reviews")
	vs.SetOwnerReferences(owners)
	if _, err := dyn.Resource(virtualServices).Namespace(ns).Create(t.Context(), vs, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// awaitReadiness waits until the pod runs with the readiness want.
func awaitReadiness(t *testing.T, client kubernetes.Interface, pod *corev1.Pod, want corev1.ConditionStatus) (ready corev1.PodCondition) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		pod, err := client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == want && pod.Status.Phase == corev1.PodRunning {
				ready = c
				return nil
			}
		}
		return fmt.Errorf("the pod is %s with conditions %v", pod.Status.Phase, pod.Status.Conditions)
	})
	return ready
}

// readyAddresses are the ready endpoints of all services in a namespace.
func readyAddresses(ctx context.Context, client kubernetes.Interface, ns string) (sets.Set[string], error) {
	slices, err := client.DiscoveryV1().EndpointSlices(ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	ready := sets.New[string]()
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			if isReady(endpoint) {
				ready.Insert(endpoint.Addresses...)
			}
		}
	}
	return ready, nil
}

func isReady(e discoveryv1.Endpoint) bool { return e.Conditions.Ready != nil && *e.Conditions.Ready }

// wantPods is nil if the namespace has n pods.
func wantPods(ctx context.Context, client kubernetes.Interface, ns string, n int) error {
	pods, err := client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
	if err == nil && len(pods.Items) != n {
		err = fmt.Errorf("there are %d pods", len(pods.Items))
	}
	return err
}

// wantNotFound is nil if err says that something is gone.
func wantNotFound(err error) error {
	if err == nil {
		return errors.New("it is still there")
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// eventually fails the test if check does not return nil in time.
func eventually(t *testing.T, check func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := await(ctx, check); err != nil {
		t.Fatal(err)
	}
}

// check fails the test if f does.
func check(t *testing.T, f func() error) {
	t.Helper()
	if err := f(); err != nil {
		t.Error(err)
	}
}
