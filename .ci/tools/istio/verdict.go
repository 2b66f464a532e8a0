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

// kinds are those that weir applies, as Istio knows them.
var kinds = map[string]struct {
	gvk      config.GroupVersionKind
	spec     proto.Message
	validate validation.ValidateFunc
}{
	"VirtualService":  {gvk.VirtualService, &networking.VirtualService{}, validation.ValidateVirtualService},
	"DestinationRule": {gvk.DestinationRule, &networking.DestinationRule{}, validation.ValidateDestinationRule},
	"Gateway":         {gvk.Gateway, &networking.Gateway{}, validation.ValidateGateway},
	"ServiceEntry":    {gvk.ServiceEntry, &networking.ServiceEntry{}, validation.ValidateServiceEntry},
}

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
	kind, ok := kinds[o.Kind]
	if !ok {
		return "", fmt.Errorf("the kind is %q; it has to be one that weir applies", o.Kind)
	}
	spec := kind.spec.ProtoReflect().New().Interface()
	if len(o.Spec) == 0 {
		o.Spec = json.RawMessage("null")
	}
	if err := config.ApplyJSON(spec, string(o.Spec)); err != nil { // as the webhook reads it
		return lines("error", fmt.Errorf("decoding: %w", err)), nil
	}
	meta := config.Meta{GroupVersionKind: kind.gvk, Name: "it", Namespace: "shop", Annotations: o.Metadata.Annotations}
	warning, err := kind.validate(config.Config{Meta: meta, Spec: spec})
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
