// Package webhook asks gates over HTTP, by the payload of Flagger's webhooks, so
// that gates which serve Flagger serve weir.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/weir-delivery/weir/agent"
	"github.com/weir-delivery/weir/rollout"
)

// Webhooks is agent.Webhooks.
type Webhooks struct {
	hosts  []string
	client *http.Client
}

// maxReason bounds what is read of an answer's body, maxText what is told of it, and
// of the status line, to people.
const (
	maxReason = 1 << 10
	maxText   = 200
)

// New lets webhooks on the hosts be asked, and no others: plans come from whoever
// may merge, and the agent stands inside the cluster. A host is a name, or a name
// and a port; without a port any of its ports is meant.
func New(hosts []string) (*Webhooks, error) {
	for _, h := range hosts {
		at, err := url.Parse("//" + h)
		if err != nil || h == "" || at.Host != h || at.Hostname() == "" || at.User != nil {
			return nil, fmt.Errorf("%q is no host such as gates.example.com or gates.test:8080", h)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // what is inside is asked without one
	return &Webhooks{hosts, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// payload is what Flagger posts to a webhook.
type payload struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Phase     string            `json:"phase"`
	Checksum  string            `json:"checksum"`
	Metadata  map[string]string `json:"metadata,omitempty"`
}

// Ask is agent.Webhooks'.
func (w *Webhooks) Ask(ctx context.Context, c rollout.Call) (yes bool, why string, err error) {
	at, err := url.Parse(c.URL)
	if err != nil {
		return false, "", errors.New("its URL cannot be read")
	}
	if !slices.Contains(w.hosts, at.Host) && !slices.Contains(w.hosts, at.Hostname()) {
		return false, "", fmt.Errorf("host %s is none of those that the agent may ask (--webhook-hosts)", at.Host)
	}
	body, err := json.Marshal(payload{c.Rollout.Plan, c.Rollout.Namespace, string(c.Phase), string(c.Journey), c.Metadata})
	if err != nil {
		return false, "", fmt.Errorf("writing the question: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return false, "", errors.New("its URL cannot be asked")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "weir")
	response, err := w.client.Do(request)
	if err != nil {
		return false, "", explain(ctx, err)
	}
	said, _ := io.ReadAll(io.LimitReader(response.Body, maxReason))
	_ = response.Body.Close()
	why = agent.OneLine(response.Status, maxText)
	if text := strings.TrimSpace(agent.OneLine(string(said), maxText)); text != "" {
		why += ": " + text
	}
	return response.StatusCode >= 200 && response.StatusCode < 300, why, nil
}

// explain says why there is no answer, in few words, as a malformed one is quoted, and
// without the URL, whose query may hold a secret.
func explain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	return errors.New(agent.OneLine(err.Error(), maxText))
}
