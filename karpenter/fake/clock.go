package fake

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

// Clock that nobody waits for: a timer is over at once, and time has passed.
type Clock struct {
	*clocktesting.FakeClock
	// Pace is how long a timer really takes, for the sake of what has a clock of its own.
	Pace time.Duration
	mu   sync.Mutex
}

// NewClock at a time.
func NewClock(at time.Time) *Clock { return &Clock{FakeClock: clocktesting.NewFakeClock(at)} }

// NewTimer lets the duration pass.
func (c *Clock) NewTimer(duration time.Duration) clock.Timer {
	time.Sleep(c.Pace)
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := c.FakeClock.NewTimer(duration)
	c.Step(duration)
	return timer
}
