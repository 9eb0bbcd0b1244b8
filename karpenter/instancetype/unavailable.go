package instancetype

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Reasons for which an order is refused.
const (
	ReasonQuota  = "quota"
	ReasonStock  = "stock"
	ReasonBoot   = "boot"
	ReasonLimit  = "limit"
	ReasonFlavor = "flavor"
)

const (
	// firstAvoidance is how long an offering is avoided after a refusal; each further one in a row doubles it.
	firstAvoidance   = 5 * time.Minute
	longestAvoidance = time.Hour
)

var refusals = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "karpenter", Subsystem: "ovhcloud", Name: "offering_refusals_total", Help: "Orders that were refused, by flavor and reason.",
}, []string{"flavor", "reason"})

func init() { crmetrics.Registry.MustRegister(refusals) }

// Key of an offering that may be avoided: prices differ by billing, stock does not.
type Key struct {
	Flavor string
	Zone   string
}

type avoidance struct {
	until   time.Time
	refused int
}

// Unavailable remembers which offerings are avoided for now. It is in memory only: after a restart one order more is refused.
type Unavailable struct {
	clock clock.Clock
	mu    sync.Mutex
	// avoided holds ended avoidances, too, until an order succeeds: they tell how often an offering was refused in a row.
	avoided map[Key]avoidance
}

// NewUnavailable avoids nothing yet.
func NewUnavailable(clk clock.Clock) *Unavailable {
	return &Unavailable{clock: clk, avoided: map[Key]avoidance{}}
}

// Refuse avoids an offering from now on. Refusals while it is avoided already, of orders that were under way, do not count.
func (u *Unavailable) Refuse(key Key, reason string) {
	refusals.WithLabelValues(key.Flavor, reason).Inc()
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.clock.Now()
	before := u.avoided[key]
	if now.Before(before.until) {
		return
	}
	u.avoided[key] = avoidance{until: now.Add(min(firstAvoidance<<min(before.refused, 10), longestAvoidance)), refused: before.refused + 1}
}

// Accept forgets the refusals of an offering that could be had.
func (u *Unavailable) Accept(key Key) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.avoided, key)
}

// Avoided is true while an offering is avoided.
func (u *Unavailable) Avoided(key Key) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.clock.Now().Before(u.avoided[key].until)
}
