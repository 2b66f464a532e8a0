package agent

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"sync"

	"github.com/weir-delivery/weir/rollout/istio"
)

// words are what overlays could know each other by: of the names of VirtualServices,
// WeightPlans and hosts, the part before anything that no such name is made of.
type words map[string]bool

func (w words) of(o Overlay) {
	for _, p := range o.Plans {
		w.add(p.Name)
	}
	for _, t := range o.Targets {
		w.add(t.Ref.Name)
		for _, r := range t.Routes {
			for _, to := range r.Split {
				w.add(to.Host)
			}
		}
	}
	for _, object := range o.Support {
		host, _ := istio.Subsets(object.Value)
		w.add(host)
	}
}

func (w words) add(name string) {
	w[firstWord(strings.TrimLeftFunc(name, func(r rune) bool { return !wordly(r) }))] = true
}

func firstWord(text string) string {
	if end := strings.IndexFunc(text, func(r rune) bool { return !wordly(r) }); end >= 0 {
		return text[:end]
	}
	return text
}

// wordly tells whether names are made of it.
func wordly(r rune) bool {
	return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// reading looks for words in files, each file once.
type reading struct {
	tree  fs.FS
	words words
	mu    sync.Mutex
	known map[string]func() bool
}

// names tells whether a word may stand in the file.
func (r *reading) names(file string) bool {
	r.mu.Lock()
	if r.known[file] == nil {
		r.known[file] = sync.OnceValue(func() bool {
			data, err := fs.ReadFile(r.tree, file)
			if errors.Is(err, fs.ErrNotExist) {
				return false
			}
			return err != nil || r.words.in(data)
		})
	}
	known := r.known[file]
	r.mu.Unlock()
	return known()
}

// in tells whether the text has a word, or may hide one: YAML can write a letter by its
// number, break a word over two lines, and be in base64 or UTF-16.
func (w words) in(data []byte) bool {
	if w[""] || bytes.IndexByte(data, 0) >= 0 || bytes.Contains(data, []byte("binary")) {
		return true
	}
	for rest := data; ; {
		_, after, more := bytes.Cut(rest, []byte{'\\'})
		if !more {
			break
		}
		if len(after) == 0 || bytes.IndexByte([]byte("xuU\r\n"), after[0]) >= 0 {
			return true
		}
		rest = after
	}
	for start, i := 0, 0; i <= len(data); i++ {
		if i < len(data) && wordly(rune(data[i])) {
			continue
		}
		if w[string(data[start:i])] && i > start {
			return true
		}
		start = i + 1
	}
	return false
}
