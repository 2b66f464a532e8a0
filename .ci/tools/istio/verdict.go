package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/validation"
	"sigs.k8s.io/yaml"
)

// verdict is what Istio's webhook says of the object, one line for each error
// and warning, in order; "ok" if it says nothing.
func verdict(object []byte) (string, error) {
	var o struct {
		Kind     string
		Metadata struct{ Annotations map[string]string }
		Spec     json.RawMessage
	}
	if err := yaml.Unmarshal(object, &o); err != nil {
		return "", err
	}
	var spec proto.Message
	var validate validation.ValidateFunc
	meta := config.Meta{Name: "it", Namespace: "shop", Annotations: o.Metadata.Annotations}
	switch o.Kind {
	case "VirtualService":
		spec, validate, meta.GroupVersionKind = &networking.VirtualService{}, validation.ValidateVirtualService, gvk.VirtualService
	case "DestinationRule":
		spec, validate, meta.GroupVersionKind = &networking.DestinationRule{}, validation.ValidateDestinationRule, gvk.DestinationRule
	default:
		return "", fmt.Errorf("the kind is %q, not VirtualService or DestinationRule", o.Kind)
	}
	if len(o.Spec) == 0 {
		o.Spec = json.RawMessage("null")
	}
	if err := config.ApplyJSON(spec, string(o.Spec)); err != nil { // as the webhook reads it
		return lines("error", fmt.Errorf("decoding: %w", err)), nil
	}
	warning, err := validate(config.Config{Meta: meta, Spec: spec})
	if said := lines("error", err) + lines("warning", warning); said != "" {
		return said, nil
	}
	return "ok\n", nil
}

// lines are the parts of the error, each on a line of its own, in order.
func lines(level string, err error) string {
	parts := flat(err)
	for i, part := range parts {
		parts[i] = level + " " + part + "\n"
	}
	slices.Sort(parts) // Istio walks through maps
	return strings.Join(slices.Compact(parts), "")
}

func flat(err error) []string {
	if err == nil {
		return nil
	}
	var many *multierror.Error
	if !errors.As(err, &many) {
		return []string{strings.Join(strings.Fields(err.Error()), " ")} // protobuf varies its spaces at will
	}
	var out []string
	for _, one := range many.Errors {
		out = append(out, flat(one)...)
	}
	return out
}
