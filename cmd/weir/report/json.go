package report

import (
	"encoding/json"
	"fmt"
	"io"

	"sigs.k8s.io/yaml"
)

// JSON writes a report as one indented JSON document.
func JSON(w io.Writer, report any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // it is no web page
	return encoder.Encode(report)
}

// YAML writes a report as one YAML document with the fields of its JSON.
func YAML(w io.Writer, report any) error {
	data, err := yaml.Marshal(report)
	if err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	_, err = w.Write(append([]byte("---\n"), data...))
	return err
}
