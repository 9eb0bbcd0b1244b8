// Package shared has several callers share one piece of work.
package shared

import (
	"context"
	"sync"
	"time"
)

// flightTimeout ends work that many wait for and that hangs.
const flightTimeout = 2 * time.Minute

// Work has several callers share one run of a function. A caller gets the result of a run that began after the call, so it sees everything
// that was done before.
type Work[T any] struct {
	// Run is the function. It is set once, before the first call.
	Run func(context.Context) (T, error)

	mu      sync.Mutex
	running bool
	next    *flight[T]
}

type flight[T any] struct {
	done   chan struct{}
	result T
	err    error
}

// Do waits for a run that begins from now on. Where the caller gives up, the run goes on for the others.
func (w *Work[T]) Do(ctx context.Context) (T, error) {
	w.mu.Lock()
	if w.next == nil {
		w.next = &flight[T]{done: make(chan struct{})}
	}
	mine := w.next
	if !w.running {
		w.start(context.WithoutCancel(ctx))
	}
	w.mu.Unlock()
	select {
	case <-mine.done:
		return mine.result, mine.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// start runs what is next, and then what has been asked for meanwhile. The caller holds mu.
func (w *Work[T]) start(ctx context.Context) {
	current := w.next
	w.next, w.running = nil, true
	go func() {
		limited, cancel := context.WithTimeout(ctx, flightTimeout)
		defer cancel()
		current.result, current.err = w.Run(limited)
		close(current.done)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.running = false
		if w.next != nil {
			w.start(ctx)
		}
	}()
}
