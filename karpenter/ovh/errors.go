package ovh

import (
	"errors"
	"net/http"
	"slices"

	"github.com/ovh/go-ovh/ovh"
	"golang.org/x/oauth2"
)

// Kind is what an error of OVHcloud means for the one who asked.
type Kind string

const (
	// None: there was no error.
	None Kind = ""
	// Gone: OVHcloud says that there is no such thing.
	Gone Kind = "gone"
	// Quota: the project may not use more.
	Quota Kind = "quota"
	// Conflict: not now, or the name is taken, or the plan's limit is reached.
	Conflict Kind = "conflict"
	// Refused: never with these values.
	Refused Kind = "refused"
	// Forbidden: wrong credentials or missing rights.
	Forbidden Kind = "forbidden"
	// RateLimited: too many requests; nothing was done.
	RateLimited Kind = "rateLimited"
	// Unavailable: a server error, or no answer. Whether something was done is unknown.
	Unavailable Kind = "unavailable"
)

// wrongKey are the messages of a request that was signed with a wrong key, or at a wrong time, which OVHcloud answers with 400.
var wrongKey = []string{"Invalid signature", "Query out of time"}

// KindOf tells what an error means. What is no answer of OVHcloud is Unavailable: no error is ever taken for "gone" but its own 404.
func KindOf(err error) Kind {
	if err == nil {
		return None
	}
	var token *oauth2.RetrieveError
	if errors.As(err, &token) {
		return kindOfToken(token)
	}
	var answer *ovh.APIError
	if !errors.As(err, &answer) {
		return Unavailable
	}
	switch code := answer.Code; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return Forbidden
	case code == http.StatusBadRequest && slices.Contains(wrongKey, answer.Message):
		return Forbidden
	case code == http.StatusNotFound:
		return Gone
	case code == http.StatusConflict:
		return Conflict
	case code == http.StatusPreconditionFailed:
		return Quota
	case code == http.StatusTooManyRequests:
		return RateLimited
	case code >= 400 && code < 500:
		return Refused
	default:
		return Unavailable
	}
}

// kindOfToken: where no token is given, nothing was asked of the API.
func kindOfToken(err *oauth2.RetrieveError) Kind {
	switch code := err.Response.StatusCode; {
	case code == http.StatusTooManyRequests:
		return RateLimited
	case code >= 400 && code < 500:
		return Forbidden
	default:
		return Unavailable
	}
}

// Transient is true where asking again may help.
func Transient(err error) bool {
	kind := KindOf(err)
	return kind == RateLimited || kind == Unavailable
}
