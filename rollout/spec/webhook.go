package spec

import (
	"cmp"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/weir-delivery/weir/rollout"
)

// Bounds of webhooks.
const (
	maxWebhooks = 10
	maxURL      = 2048
)

// webhooks reads the gates in other hands.
func webhooks(v value) []rollout.Webhook {
	if n := len(v.node.Content); v.node.Kind == yaml.SequenceNode && n > maxWebhooks {
		v.bad("ask those that decide", "has %d webhooks, and at most %d are allowed", n, maxWebhooks)
		return nil
	}
	var types []string
	for _, t := range rollout.WebhookTypes() {
		types = append(types, string(t))
	}
	var out []rollout.Webhook
	seen := firsts{}
	v.list(func(v value) {
		w := rollout.Webhook{Timeout: rollout.DefaultWebhookTimeout}
		v.object(fields{
			"name": func(v value) {
				w.Name = v.text(label)
				seen.once(v, w.Name, "give each webhook a name of its own")
			},
			"type": func(v value) {
				w.Type = rollout.WebhookType(v.choice(types, "pre-rollout", "rollout", "post-rollout", "event"))
			},
			"url": func(v value) { w.URL = v.text(limited(maxURL, address)) },
			"timeout": func(v value) {
				if w.Timeout = v.seconds(); w.Timeout > rollout.MaxWebhookTimeout {
					v.bad("a gate that takes longer says no meanwhile, and is asked again", "must be at most %s, not %s", rollout.Short(rollout.MaxWebhookTimeout), v.node.Value)
				}
			},
			"metadata": func(v value) { w.Metadata = v.words() },
		}, "name", "type", "url")
		out = append(out, w)
	}, "write at least one webhook, or leave the field out")
	return out
}

var addressText = regexp.MustCompile(`^https?://([^/?#\s]+)[^#\s]*(#.*)?$`)

// address accepts the URL of a webhook, without credentials: it is shown to people.
func address(v value) string {
	parts := addressText.FindStringSubmatch(v.node.Value)
	switch {
	case parts == nil:
		v.bad("write it as http://gates.example.com/check", "is no URL: %q", v.node.Value)
	case strings.Contains(parts[1], "@"):
		v.bad("let the gate know the agent by the network instead", "holds credentials, which would stand in Git")
	case !servable(parts[1]):
		v.bad("write a name or an address, and a port from 1 to 65535 where it is not the usual one", "names no server: %q", parts[1])
	case parts[2] != "":
		v.bad("end it before the #", "has a fragment, which no server sees")
	default:
		return v.node.Value
	}
	return ""
}

// servable tells whether a host may have a server, on a port that there is.
func servable(host string) bool {
	at, err := url.Parse("http://" + host)
	if err != nil || at.Hostname() == "" || strings.HasSuffix(host, ":") {
		return false
	}
	port, err := strconv.Atoi(cmp.Or(at.Port(), "80"))
	return err == nil && port >= 1 && port <= 65535
}

// words reads an object of strings.
func (v value) words() map[string]string {
	v.texted()
	out := map[string]string{}
	for i := 0; v.node.Kind == yaml.MappingNode && i+1 < len(v.node.Content); i += 2 {
		out[v.node.Content[i].Value] = strings.TrimSpace(resolve(v.node.Content[i+1]).Value)
	}
	return out
}
