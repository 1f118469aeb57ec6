package main

import (
	"context"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/cache"
)

// counts are what a client asked for and what went wrong.
type counts struct {
	mutex sync.Mutex
	// Requests by what they are: "get", "list", "watch", or "watchlist", a watch that begins with all objects.
	requests map[string]int
	// Content types of answers.
	types map[string]int
	// Reasons for which watches ended.
	errors map[string]int
}

func newCounts() *counts {
	return &counts{requests: map[string]int{}, types: map[string]int{}, errors: map[string]int{}}
}

func (c *counts) read() map[string]map[string]int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return map[string]map[string]int{
		"requests": copied(c.requests), "types": copied(c.types), "errors": copied(c.errors),
	}
}

func copied(from map[string]int) map[string]int {
	to := map[string]int{}
	for key, count := range from {
		to[key] = count
	}
	return to
}

// failed is the handler of a reflector's errors.
func (c *counts) failed(_ context.Context, _ *cache.Reflector, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	reason := string(apierrors.ReasonForError(err))
	if reason == "" {
		reason = "connection"
	}
	c.errors[reason]++
}

func (c *counts) wrap(next http.RoundTripper) http.RoundTripper {
	return counting{c, next}
}

type counting struct {
	counts *counts
	next   http.RoundTripper
}

func (c counting) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(request)
	query := request.URL.Query()
	kind := "list"
	if query.Get("sendInitialEvents") == "true" {
		kind = "watchlist"
	} else if query.Get("watch") != "" {
		kind = "watch"
	}
	c.counts.mutex.Lock()
	defer c.counts.mutex.Unlock()
	c.counts.requests[kind]++
	if err == nil {
		c.counts.types[response.Header.Get("Content-Type")]++
	}
	return response, err
}
