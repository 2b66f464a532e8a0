package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fleet is a repository of services as a platform team might keep it: each service
// has a base of a VirtualService, a DestinationRule and a WeightPlan, and two overlays,
// which share a namespace's name and differ in the plan.
type fleet struct {
	dir      string
	services int
}

var environments = []string{"staging", "production"}

// makeFleet writes and commits one. The same number gives the same files.
func makeFleet(ctx context.Context, dir string, services int) (*fleet, error) {
	f := &fleet{dir, services}
	files := map[string]string{
		"weir.yaml": `apiVersion: weir.dev/v1alpha1
kind: Delivery
metadata: {name: fleet}
spec:
  environments:
  - {name: staging, overlays: ["services/*/overlays/staging"]}
  - {name: production, overlays: ["services/*/overlays/production"]}
`,
	}
	for _, env := range environments {
		var all strings.Builder
		all.WriteString("resources:\n")
		for i := range services {
			fmt.Fprintf(&all, "- ../../services/%s/overlays/%s\n", name(i), env)
		}
		files["all/"+env+"/kustomization.yaml"] = all.String()
	}
	for i := range services {
		at := "services/" + name(i)
		files[at+"/base/kustomization.yaml"] = "resources:\n- virtualservice.yaml\n- destinationrule.yaml\n- weightplan.yaml\n"
		files[at+"/base/virtualservice.yaml"] = virtualService(i, 0)
		files[at+"/base/destinationrule.yaml"] = fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: %[1]s}
spec:
  host: %[1]s
  trafficPolicy:
    connectionPool: {http: {http1MaxPendingRequests: 100}}
    outlierDetection: {consecutive5xxErrors: 5, interval: 30s}
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
`, name(i))
		files[at+"/base/weightplan.yaml"] = fmt.Sprintf(`apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: %[1]s}
spec:
  targets:
  - {kind: VirtualService, name: %[1]s, routes: [primary]}
  steps:
  - {setWeight: 10, pause: {duration: 10m}}
  - {setWeight: 50, pause: {duration: 10m}}
  - {setWeight: 100}
`, name(i))
		for _, env := range environments {
			files[at+"/overlays/"+env+"/kustomization.yaml"] = fmt.Sprintf(`namespace: shop-%s
resources:
- ../../base
labels:
- pairs: {environment: %[1]s}
patches:
- path: weightplan.yaml
`, env)
			files[at+"/overlays/"+env+"/weightplan.yaml"] = fmt.Sprintf(`apiVersion: weir.dev/v1alpha1
kind: WeightPlan
metadata: {name: %s}
spec:
  settleSeconds: 5
`, name(i))
		}
	}
	for file, text := range files {
		if err := write(filepath.Join(dir, filepath.FromSlash(file)), text); err != nil {
			return nil, err
		}
	}
	if err := f.git(ctx, "init", "-q", "-b", "main"); err != nil {
		return nil, err
	}
	return f, f.commit(ctx, "a fleet at rest")
}

func name(i int) string { return fmt.Sprintf("svc-%04d", i) }

func virtualService(i, v2 int) string {
	return fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: %[1]s}
spec:
  hosts: [%[1]s]
  http:
  - name: canary
    match:
    - headers: {x-canary: {exact: "true"}}
    timeout: 5s
    route:
    - destination: {host: %[1]s, subset: v2}
  - name: primary
    timeout: 5s
    retries: {attempts: 2, perTryTimeout: 2s}
    route:
    - destination: {host: %[1]s, subset: v1}
      weight: %[2]d
    - destination: {host: %[1]s, subset: v2}
      weight: %[3]d
`, name(i), 100-v2, v2)
}

// change makes the first services of the fleet go to v2 by some percent, as a commit.
func (f *fleet) change(ctx context.Context, services, v2 int) error {
	for i := range services {
		file := filepath.Join(f.dir, "services", name(i), "base", "virtualservice.yaml")
		if err := write(file, virtualService(i, v2)); err != nil {
			return err
		}
	}
	return f.commit(ctx, fmt.Sprintf("%d services to v2", services))
}

func (f *fleet) commit(ctx context.Context, subject string) error {
	if err := f.git(ctx, "add", "."); err != nil {
		return err
	}
	return f.git(ctx, "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false", "commit", "-q", "-m", subject)
}

func (f *fleet) git(ctx context.Context, arguments ...string) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", f.dir}, arguments...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", arguments[0], err, out)
	}
	return nil
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
