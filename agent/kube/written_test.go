package kube

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/cache"

	"github.com/weir-delivery/weir/rollout"
)

// The watch may tell of our write just when somebody has looked into the cache, and
// before that one asks how far the cache is.
func TestAWriteIsReadThoughTheCacheCatchesUpMeanwhile(t *testing.T) {
	ref := rollout.Ref{Namespace: "shop", Name: "reviews"}
	at := func(version string) *unstructured.Unstructured {
		o := &unstructured.Unstructured{}
		o.SetNamespace(ref.Namespace)
		o.SetName(ref.Name)
		o.SetUID("a")
		o.SetResourceVersion(version)
		return o
	}
	for name, before := range map[string]*unstructured.Unstructured{"over another": at("10"), "where nothing was": nil} {
		t.Run(name, func(t *testing.T) {
			looked := lookedAt{cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{}), func(i cache.Indexer) {
				_ = i.Update(at("12"))
			}}
			if before != nil {
				require.NoError(t, looked.Add(before))
			}
			s := &store{feeds: map[string]*feed{"": {informer: informerOver{indexer: looked}}}, written: map[rollout.Ref]write{}}
			s.keep(ref, write{uid: "a", version: "12", object: at("12")})
			got := s.get(ref)
			require.NotNil(t, got)
			assert.Equal(t, "12", got.GetResourceVersion())
		})
	}
}

// lookedAt is a cache in which something happens once it was looked at.
type lookedAt struct {
	cache.Indexer
	then func(cache.Indexer)
}

func (l lookedAt) GetByKey(key string) (any, bool, error) {
	object, ok, err := l.Indexer.GetByKey(key)
	l.then(l.Indexer)
	return object, ok, err
}

type informerOver struct {
	cache.SharedIndexInformer
	indexer cache.Indexer
}

func (i informerOver) GetIndexer() cache.Indexer { return i.indexer }
