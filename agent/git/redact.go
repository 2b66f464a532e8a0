package git

import (
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/weir-delivery/weir/agent"
)

// maxMessage bounds an error's text: servers answer with whole pages.
const maxMessage = 600

// redacted is an error as it may leave this package: its text holds no secret,
// and it gives away nothing of the error below but what it is.
type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }

// Is lets callers ask for fs.ErrNotExist, context.Canceled and the like. There
// is no Unwrap: what is below may still hold the secret.
func (r *redacted) Is(target error) bool { return errors.Is(r.err, target) }

// redact is the one door through which errors leave this package.
func (s *secrets) redact(doing string, err error) error {
	if err == nil {
		return nil
	}
	text := doing + ": " + s.clean(explain(err))
	return &redacted{text: text, err: err}
}

// explain adds what to do where a server's answer leaves that open.
func explain(err error) string {
	text := err.Error()
	switch {
	case errors.Is(err, transport.ErrAuthenticationRequired):
		text = "the server wants other credentials (401): check the username and the password or token"
	case errors.Is(err, transport.ErrAuthorizationFailed):
		text = "the credentials do not allow this (403): give the token access to this repository"
	case errors.Is(err, transport.ErrRepositoryNotFound):
		text = "there is no such repository, or the credentials do not show it: check the URL and the token's access"
	case errors.Is(err, transport.ErrEmptyUploadPackRequest), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the server broke off its answer: " + text
	}
	return text
}

// userinfo and authorization catch secrets that came from elsewhere, such as a
// redirect or a proxy's settings.
var (
	userinfo      = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@"']*@`)
	authorization = regexp.MustCompile(`(?i)(authorization["']?\s*[:=]\s*)(basic|bearer)?\s*[^\s,;"']+`)
)

const hidden = "***"

// clean hides secrets, as they are and as they are sent, and makes one short line.
func (s *secrets) clean(text string) string {
	s.mu.Lock()
	for _, secret := range s.known {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret),
			base64.StdEncoding.EncodeToString([]byte(secret))} {
			text = strings.ReplaceAll(text, form, hidden)
		}
	}
	s.mu.Unlock()
	text = userinfo.ReplaceAllString(text, "${1}"+hidden+"@")
	text = authorization.ReplaceAllString(text, "${1}"+hidden)
	return agent.OneLine(text, maxMessage)
}
