package kube

import "regexp"

// valueOf is how the API server's merging (sigs.k8s.io/structured-merge-diff) prints
// a value that has the wrong type.
var valueOf = regexp.MustCompile(`&?value\.value[A-Za-z]+\{.*\}`)

// discreet is an error without the values of the object that it is about: a header
// may hold a secret.
type discreet struct {
	error
	text string
}

func (d discreet) Error() string { return d.text }
func (d discreet) Unwrap() error { return d.error }

// withoutValues takes the values out of an error of the API server.
func withoutValues(err error) error {
	text := valueOf.ReplaceAllString(err.Error(), "another kind of value")
	if text == err.Error() {
		return err
	}
	return discreet{err, text}
}
