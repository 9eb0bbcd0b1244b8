// Package fleet orders and removes nodes, so that each NodeClaim has one node and each node one NodeClaim. It remembers nothing that
// matters: what it decided is in annotations of NodeClaims, the rest is what OVHcloud has.
package fleet

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"ovh-mks-batch/karpenter/ovh"
	"ovh-mks-batch/karpenter/shared"
)

// Cloud is what is asked of OVHcloud.
type Cloud interface {
	Pools(context.Context) ([]ovh.Pool, error)
	Nodes(context.Context) ([]ovh.Node, error)
	CreatePool(context.Context, ovh.NewPool) error
	Resize(ctx context.Context, poolID string, desired int, remove ...string) error
	DeletePool(ctx context.Context, poolID string) error
	DeleteNode(ctx context.Context, nodeID string) error
}

// removalShows is how long OVHcloud may take to show a node as leaving whose removal it has accepted.
const removalShows = 2 * time.Minute

// Fleet of one cluster. Safe for concurrent use.
type Fleet struct {
	cloud Cloud
	// reader asks the API server, not a cache: what was written a moment ago counts.
	reader client.Reader
	writer client.Writer
	clock  clock.Clock

	reads shared.Work[*Snapshot]
	last  atomic.Pointer[Snapshot]

	mu       sync.Mutex
	families map[string]*family
	removed  map[string]time.Time
}

// family of pools that differ in their number only.
type family struct {
	// lock is held while anything of the family changes.
	lock    sync.Mutex
	settles shared.Work[*Settlement]
	// conflicts in a row, which say that a limit is reached that OVHcloud calls a conflict.
	conflicts int
}

// New fleet. Nothing is asked yet.
func New(cloud Cloud, reader client.Reader, writer client.Writer, clk clock.Clock) *Fleet {
	f := &Fleet{cloud: cloud, reader: reader, writer: writer, clock: clk, families: map[string]*family{}, removed: map[string]time.Time{}}
	f.reads.Run = f.read
	return f
}

func (f *Fleet) family(name string) *family {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.families[name]
	if known == nil {
		known = &family{}
		known.settles.Run = func(ctx context.Context) (*Settlement, error) { return f.settle(ctx, known, name) }
		f.families[name] = known
	}
	return known
}

// forget that anything was read: the next reader sees what was just changed.
func (f *Fleet) forget() { f.last.Store(nil) }

// removing are the nodes whose removal was accepted a moment ago.
func (f *Fleet) removing() map[string]bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	removing := map[string]bool{}
	for id, at := range f.removed {
		if f.clock.Since(at) < removalShows {
			removing[id] = true
		} else {
			delete(f.removed, id)
		}
	}
	return removing
}

func (f *Fleet) noteRemoval(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed[id] = f.clock.Now()
}
