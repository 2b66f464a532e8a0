package agenttest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Gates is a model of agent.Webhooks: gates that are told what to say. One that was
// told nothing says 404 Not Found.
type Gates struct {
	mu    sync.Mutex
	says  map[string]said
	asked []rollout.Call
}

type said struct {
	status int
	text   string
}

// NewGates makes gates that were told nothing.
func NewGates() *Gates { return &Gates{says: map[string]said{}} }

// At is the URL of the gate.
func (g *Gates) At(name string) string { return "http://gates.test/" + name }

// Say has the gate answer with the status and the text from now on, and with nothing
// where the status is 0.
func (g *Gates) Say(name string, status int, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.says[name] = said{status, text}
}

// Asked are all questions so far, the oldest first.
func (g *Gates) Asked() []rollout.Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked
}

// Ask is agent.Webhooks'.
func (g *Gates) Ask(ctx context.Context, c rollout.Call) (yes bool, why string, err error) {
	at, err := url.Parse(c.URL)
	if err != nil {
		return false, "", errors.New("its URL cannot be read")
	}
	answer, told := g.ask(path.Base(at.Path), c)
	switch {
	case ctx.Err() != nil:
		return false, "", ctx.Err()
	case !told:
		answer.status = http.StatusNotFound
	case answer.status == 0:
		<-ctx.Done()
		return false, "", errors.New("no answer in time")
	}
	why = fmt.Sprintf("%d %s", answer.status, http.StatusText(answer.status))
	if text := strings.TrimSpace(agent.OneLine(answer.text, 200)); text != "" {
		why += ": " + text
	}
	return answer.status >= 200 && answer.status < 300, why, nil
}

func (g *Gates) ask(name string, c rollout.Call) (answer said, told bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, c)
	answer, told = g.says[name]
	return answer, told
}
