package kustomize_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/weir-delivery/weir/agent/kustomize"
	"github.com/weir-delivery/weir/rollout"
)

// caller fails the test that tries the network.
type caller struct{ t *testing.T }

func (c caller) RoundTrip(r *http.Request) (*http.Response, error) {
	c.t.Errorf("asked %s", r.URL)
	return nil, errors.New("no network")
}

// FuzzKustomization holds that no kustomization and no file that it names
// reaches the network, starts git, hangs, or fails without a word.
func FuzzKustomization(f *testing.F) {
	for _, seed := range []string{
		"resources: [a.yaml, base]\nnamePrefix: x-\n", "resources:\n- github.com/a/b\n- host.com:a/b.git\n", "patchesStrategicMerge: ['http://a/{b: c}']\n",
		"patches:\n- path: a.yaml\n  target: {kind: Thing}\n- patch: '[{\"op\": \"remove\", \"path\": \"/spec\"}]'\n", "replacements: [{path: a.yaml}]\nresources: [a.yaml]\n",
		"configMapGenerator: [{name: a, files: [a.yaml, b=http://a/b], env: a.yaml}]\n", "components: [base]\nimages: [{name: '(', newTag: b}]\nresources: [a.yaml]\n",
		"vars: [{name: A, objref: {kind: Thing, name: a, apiVersion: v1}}]\nresources: [a.yaml]\nreplicas: [{name: a, count: 3}]\n", "crds: [a.yaml]\nresources: [a.yaml]\nconfigurations: [a.yaml]\n",
	} {
		f.Add([]byte(seed), []byte("apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {a: [1, 2.5, &x {b: c}, *x]}\n"))
	}
	traps := f.TempDir()
	require.NoError(f, os.WriteFile(filepath.Join(traps, "git"), []byte("#!/bin/sh\n: > \"$(dirname \"$0\")/sprung\"\n"), 0o700))
	f.Setenv("PATH", traps+":"+os.Getenv("PATH"))
	f.Fuzz(func(t *testing.T, top, file []byte) {
		before := http.DefaultTransport
		http.DefaultTransport = caller{t}
		t.Cleanup(func() { http.DefaultTransport = before })
		tree := fstest.MapFS{}
		for name, data := range map[string][]byte{
			"kustomization.yaml": top, "a.yaml": file, "base/kustomization.yaml": []byte("resources: [b.yaml]\n"),
			"base/b.yaml": []byte("apiVersion: v1\nkind: Thing\nmetadata: {name: b}\n"),
		} {
			tree[name] = &fstest.MapFile{Data: data, Mode: 0o644}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		objects, err := kustomize.New().Render(ctx, tree, ".")
		require.NoFileExists(t, filepath.Join(traps, "sprung"))
		if err == nil {
			require.NotEmpty(t, objects)
			for _, o := range objects {
				require.NotEmpty(t, o.Origin.File)
				require.Contains(t, tree, o.Where("spec.a[1]").File)
			}
			return
		}
		var problems rollout.Problems
		require.ErrorAs(t, err, &problems)
		for _, p := range problems {
			require.NotEmpty(t, p.Message)
			require.NotEmpty(t, p.Hint)
		}
	})
}
