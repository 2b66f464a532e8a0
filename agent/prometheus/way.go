package prometheus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/weir-delivery/weir/agent"
)

// maxAnswer bounds an answer: a thousand instants of one series are some 30 KB.
const maxAnswer = 4 << 20

// maxMessage bounds an error's text: servers answer with whole pages.
const maxMessage = 300

// way is how questions get to Prometheus: with a token, and no further than it.
type way struct {
	tokenFile string
	transport *http.Transport
}

// RoundTrip adds the token and bounds the answer.
func (w *way) RoundTrip(request *http.Request) (*http.Response, error) {
	token, err := w.token()
	if err != nil {
		return nil, err
	}
	if token != "" {
		request = request.Clone(request.Context())
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &bounded{response.Body, maxAnswer}
	return response, nil
}

// token reads the token's file; "" where none is named.
func (w *way) token() (string, error) {
	if w.tokenFile == "" {
		return "", nil
	}
	content, err := os.ReadFile(w.tokenFile)
	if err != nil {
		return "", fmt.Errorf("reading the token for Prometheus: %w", err)
	}
	token := string(bytes.TrimSpace(content))
	if token == "" || strings.ContainsFunc(token, unicode.IsControl) {
		return "", fmt.Errorf("reading the token for Prometheus: %s holds none", w.tokenFile)
	}
	return token, nil
}

// bounded is a body that ends in an error where it is too long.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer is longer than %d MiB", maxAnswer>>20)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// explained is an error as it may leave this package: its text holds no token,
// and it gives away nothing of the error below but what it is.
type explained struct {
	text string
	err  error
}

func (e *explained) Error() string { return e.text }

// Is lets callers ask for context.DeadlineExceeded and the like.
func (e *explained) Is(target error) bool { return errors.Is(e.err, target) }

// explain says in one line what became of a question.
func (w *way) explain(err error) error {
	text := err.Error()
	var said *v1.Error
	var sent *url.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		text = "Prometheus does not answer in time"
	case errors.As(err, &sent):
		text = "Prometheus does not answer: " + sent.Err.Error()
	case !errors.As(err, &said):
	case said.Type == v1.ErrClient:
		text = "Prometheus refuses to answer (" + said.Msg + "): check the token and the address"
	case said.Type == v1.ErrBadResponse:
		text = "what answers at the address of Prometheus is something else, or sends elsewhere (" + said.Msg + "): check the address"
	case said.Type == v1.ErrBadData, said.Type == v1.ErrExec:
		text = "Prometheus cannot make anything of the query: " + said.Msg
	}
	if token, _ := w.token(); token != "" {
		text = strings.ReplaceAll(text, token, "***")
	}
	return &explained{agent.OneLine(text, maxMessage), err}
}
