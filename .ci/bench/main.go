// Bench holds `weir check` against `kustomize build` and `conftest test`, as whole
// processes side by side, on fleets of its own; `make bench-check` runs it.
//
// What it prints are ratios of one run on one machine, and only these carry over. Every
// row renders with the same version of kustomize; weir renders both sides of a change,
// plans its steps and reviews each of them, the others render the head and judge what is
// rendered. On two idle cores, `weir check` was
//
//	200, all changed     6.6 times faster than overlay by overlay, for 1/4 of the processor time,
//	                     1.4 times slower than one overlay of all, for 2.1 times its processor time
//	200, one changed     128 times faster than overlay by overlay, for 1/110 of the processor time,
//	                     13 times faster than one overlay of all, for 1/12 of its processor time
//	1,000, all changed   6.3 times faster than overlay by overlay, for 1/4 of the processor time,
//	                     1.2 times faster than one overlay of all, for 1.4 times its processor time
//	1,000, one changed   352 times faster than overlay by overlay, for 1/306 of the processor time,
//	                     67 times faster than one overlay of all, for 1/58 of its processor time
//
// in 0.4 s for one of 1,000, and 0.8 s for one in the work tree. It took little more than
// the processor time of its renders alone, two for each overlay: that is the floor, and
// only a cheaper render lowers it. Waiting varies with the load, and processor time does
// little.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/weir-delivery/weir/agent/kustomize"
)

// programs are the paths of what is compared.
type programs struct{ weir, kustomize, conftest string }

func main() {
	var p programs
	flag.StringVar(&p.weir, "weir", ".build/weir", "path of weir")
	flag.StringVar(&p.kustomize, "kustomize", ".build/kustomize", "path of kustomize")
	flag.StringVar(&p.conftest, "conftest", ".build/conftest", "path of conftest")
	sample := flag.Int("sample", 400, "most overlays that are run one by one; of more overlays the time is that of as many, times their number")
	fleets := flag.String("services", "200,1000", "how many services the fleets have")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, path := range []*string{&p.weir, &p.kustomize, &p.conftest} {
		*path, _ = filepath.Abs(*path) // fails only without a working directory, and then so does all else
	}
	for number := range strings.SplitSeq(*fleets, ",") {
		services, err := strconv.Atoi(number)
		if err == nil {
			err = compare(ctx, p, services, *sample)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
	}
}

// compare prints the table of one fleet.
func compare(ctx context.Context, p programs, services, sample int) error {
	dir, err := os.MkdirTemp("", "weir-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rules := filepath.Join(dir, "rules")
	if err := write(filepath.Join(rules, "weights.rego"), weightsRule); err != nil {
		return err
	}
	f, err := makeFleet(ctx, filepath.Join(dir, "fleet"), services)
	if err != nil {
		return err
	}
	if err := f.change(ctx, services, 50); err != nil {
		return err
	}
	floor, err := f.floor(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\n%d services, %d overlays; the floor, one render in process: %.1f ms of CPU\n", services, f.overlays(), 1000*floor.cpu.Seconds())
	check := []string{p.weir, "check", "--repo", f.dir, "--base", "HEAD~1", "--head", "HEAD"}
	every, err := measure(ctx, nil, check...)
	if err != nil {
		return err
	}
	t := table{floor: floor, weir: every}
	t.row("weir check, all of them changed", every)
	apart, note, err := f.apart(ctx, p, rules, sample)
	if err != nil {
		return err
	}
	t.row("kustomize build + conftest test of each overlay"+note, apart)
	together, err := f.together(ctx, p, rules)
	if err != nil {
		return err
	}
	t.row("kustomize build + conftest test of one overlay of all", together)
	if err := f.change(ctx, 1, 100); err != nil {
		return err
	}
	one, err := measure(ctx, nil, check...)
	if err != nil {
		return err
	}
	fmt.Println("against one service changed of them:")
	t.weir = one
	t.row("weir check, one of them changed", one)
	tree, err := measure(ctx, nil, check[:len(check)-2]...)
	if err != nil {
		return err
	}
	t.row("weir check of the same in the work tree", tree)
	t.row("kustomize build + conftest test of each overlay"+note, apart)
	t.row("kustomize build + conftest test of one overlay of all", together)
	return nil
}

// weightsRule is what conftest judges rendered objects by: much less than weir's
// baseline asks.
const weightsRule = `package main

deny contains msg if {
	input.kind == "VirtualService"
	some route in input.spec.http
	count(route.route) > 1
	sum([d.weight | some d in route.route]) != 100
	msg := sprintf("the weights of %s do not sum to 100", [input.metadata.name])
}
`

// table prints rows, each as so many times what weir took.
type table struct{ floor, weir cost }

func (t table) row(what string, c cost) {
	fmt.Printf("  %-76s %8.2fs wall %8.2fs CPU %6.0f MiB   %6.1f × wall %6.1f × CPU %5.1f × memory\n", what,
		c.wall.Seconds(), c.cpu.Seconds(), float64(c.memory)/(1<<20),
		c.wall.Seconds()/t.weir.wall.Seconds(), c.cpu.Seconds()/t.weir.cpu.Seconds(), float64(c.memory)/float64(t.weir.memory))
}

// overlays are how many the fleet has.
func (f *fleet) overlays() int { return f.services * len(environments) }

// floor is one render of one overlay, in this process, with nothing around it.
func (f *fleet) floor(ctx context.Context) (cost, error) {
	const renders = 50
	renderer, tree := kustomize.New(), os.DirFS(f.dir)
	var before time.Duration
	for i := range renders + 1 {
		if i == 1 { // the first reads the schemas of all renders
			before = spent()
		}
		if _, err := renderer.Render(ctx, tree, "services/"+name(i%f.services)+"/overlays/production"); err != nil {
			return cost{}, err
		}
	}
	return cost{cpu: (spent() - before) / renders}, nil
}

// apart runs both programs for every overlay, one after the other, or for a sample.
func (f *fleet) apart(ctx context.Context, p programs, rules string, sample int) (cost, string, error) {
	var sum cost
	ran := 0
	for i := range f.services {
		for _, env := range environments {
			if ran == sample {
				sum.times(float64(f.overlays()) / float64(sample))
				return sum, fmt.Sprintf(" (%d of them, scaled)", sample), nil
			}
			ran++
			c, err := f.judged(ctx, p, rules, "services/"+name(i)+"/overlays/"+env)
			if err != nil {
				return sum, "", err
			}
			sum.add(c)
		}
	}
	return sum, "", nil
}

// together runs both programs for one overlay of everything in each environment.
func (f *fleet) together(ctx context.Context, p programs, rules string) (cost, error) {
	var sum cost
	for _, env := range environments {
		c, err := f.judged(ctx, p, rules, "all/"+env)
		if err != nil {
			return sum, err
		}
		sum.add(c)
	}
	return sum, nil
}

// judged is what it costs to build one overlay and to judge what comes out.
func (f *fleet) judged(ctx context.Context, p programs, rules, overlay string) (cost, error) {
	var rendered strings.Builder
	built, err := measure(ctx, &rendered, p.kustomize, "build", filepath.Join(f.dir, filepath.FromSlash(overlay)))
	if err != nil {
		return cost{}, err
	}
	file := filepath.Join(filepath.Dir(rules), "rendered.yaml")
	if err := write(file, rendered.String()); err != nil {
		return cost{}, err
	}
	judged, err := measure(ctx, nil, p.conftest, "test", file, "--policy", rules)
	built.add(judged)
	return built, err
}
