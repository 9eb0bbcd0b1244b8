// Package ovh is the part of the OVHcloud API that orders and removes nodes, on go-ovh.
package ovh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/ovh/go-ovh/ovh"
	"golang.org/x/oauth2"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"

	"ovh-mks-batch/karpenter/settings"
)

const (
	// requestTimeout is of one try.
	requestTimeout = 30 * time.Second
	// readTries: what only reads is tried again at once; what changes something is not, for nobody knows what a lost answer said.
	readTries = 3
	// longestPause after too many requests.
	longestPause = 30 * time.Second
)

// Client of one cluster's pools and nodes. Safe for concurrent use.
type Client struct {
	signIn  signIn
	http    *http.Client
	clock   clock.Clock
	project string
	cluster string

	pacing      sync.Mutex
	pause       time.Duration
	pausedUntil time.Time
}

// New makes a client. It asks nothing yet.
func New(s settings.Settings, clk clock.Clock) (*Client, error) {
	client := &http.Client{Timeout: requestTimeout}
	signIn, err := newSignIn(s, client)
	if err != nil {
		return nil, err
	}
	project := "/cloud/project/" + url.PathEscape(s.ServiceName)
	return &Client{signIn: signIn, http: client, clock: clk, project: project, cluster: project + "/kube/" + url.PathEscape(s.KubeID)}, nil
}

// Cluster reads the cluster.
func (c *Client) Cluster(ctx context.Context) (cluster Cluster, err error) {
	return cluster, c.read(ctx, "cluster", c.cluster, &cluster)
}

// Region reads a region's zones.
func (c *Client) Region(ctx context.Context, name string) (region Region, err error) {
	return region, c.read(ctx, "region", c.project+"/region/"+url.PathEscape(name), &region)
}

// Flavors that the cluster's nodes can have.
func (c *Client) Flavors(ctx context.Context) (flavors []Flavor, err error) {
	return flavors, c.read(ctx, "flavors", c.cluster+"/flavors", &flavors)
}

// InstanceFlavors of a region, with their disks.
func (c *Client) InstanceFlavors(ctx context.Context, region string) (flavors []InstanceFlavor, err error) {
	return flavors, c.read(ctx, "flavor", c.project+"/flavor?region="+url.QueryEscape(region), &flavors)
}

// Pools of the cluster.
func (c *Client) Pools(ctx context.Context) (pools []Pool, err error) {
	return pools, c.read(ctx, "nodepool", c.cluster+"/nodepool", &pools)
}

// Nodes of all pools.
func (c *Client) Nodes(ctx context.Context) (nodes []Node, err error) {
	return nodes, c.read(ctx, "node", c.cluster+"/node", &nodes)
}

// CreatePool creates a pool. Its name makes the call idempotent: a second one is a Conflict.
func (c *Client) CreatePool(ctx context.Context, pool NewPool) error {
	return c.call(ctx, http.MethodPost, "nodepool", c.cluster+"/nodepool", pool, nil)
}

// Resize has a pool desire so many nodes. Where it shrinks, `remove` says which nodes go, by provider id.
func (c *Client) Resize(ctx context.Context, poolID string, desired int, remove ...string) error {
	body := struct {
		DesiredNodes  int      `json:"desiredNodes"`
		NodesToRemove []string `json:"nodesToRemove,omitempty"`
	}{desired, remove}
	return c.call(ctx, http.MethodPut, "nodepool", c.cluster+"/nodepool/"+url.PathEscape(poolID), body, nil)
}

// DeletePool deletes a pool with all its nodes.
func (c *Client) DeletePool(ctx context.Context, poolID string) error {
	return c.call(ctx, http.MethodDelete, "nodepool", c.cluster+"/nodepool/"+url.PathEscape(poolID), nil, nil)
}

// DeleteNode deletes a node by its id: the way for one without an instance, which Resize cannot name.
func (c *Client) DeleteNode(ctx context.Context, nodeID string) error {
	return c.call(ctx, http.MethodDelete, "node", c.cluster+"/node/"+url.PathEscape(nodeID), nil, nil)
}

func (c *Client) read(ctx context.Context, resource, path string, out any) error {
	backoff := wait.Backoff{Duration: 500 * time.Millisecond, Factor: 2, Jitter: 0.2}
	for try := 1; ; try++ {
		err := c.call(ctx, http.MethodGet, resource, path, nil, out)
		if err == nil || try == readTries || !Transient(err) || ctx.Err() != nil {
			return err
		}
		if err := Pause(ctx, c.clock, backoff.Step()); err != nil {
			return err
		}
	}
}

func (c *Client) call(ctx context.Context, method, resource, path string, in, out any) error {
	if err := c.pace(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	started := c.clock.Now()
	err := c.send(ctx, method, path, in, out)
	observe(method, resource, err, c.clock.Since(started))
	c.learn(err)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, resource, err)
	}
	return nil
}

// send a request; once more where it was refused for a token that OVHcloud takes no longer.
func (c *Client) send(ctx context.Context, method, path string, in, out any) error {
	for first := true; ; first = false {
		request, err := c.signIn.request(ctx, method, path, in)
		if err != nil {
			return err
		}
		response, err := c.http.Do(request)
		if err != nil {
			return err
		}
		if first && response.StatusCode == http.StatusUnauthorized && c.signIn.refused(request) {
			_ = response.Body.Close()
			continue
		}
		return (&ovh.Client{}).UnmarshalResponse(response, out)
	}
}

// pace waits while OVHcloud has had too many requests.
func (c *Client) pace(ctx context.Context) error {
	c.pacing.Lock()
	left := c.pausedUntil.Sub(c.clock.Now())
	c.pacing.Unlock()
	if left <= 0 {
		return nil
	}
	return Pause(ctx, c.clock, left)
}

func (c *Client) learn(err error) {
	c.pacing.Lock()
	defer c.pacing.Unlock()
	switch KindOf(err) {
	case RateLimited:
		c.pause = min(max(2*c.pause, time.Second), longestPause)
		c.pausedUntil = c.clock.Now().Add(c.pause)
	case None:
		c.pause = 0
	}
}

// Pause for a time, or until the context ends, which is the error.
func Pause(ctx context.Context, clk clock.Clock, duration time.Duration) error {
	timer := clk.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C():
		return nil
	}
}

func codeOf(err error) string {
	var answer *ovh.APIError
	var token *oauth2.RetrieveError
	switch {
	case err == nil:
		return "200"
	case errors.As(err, &answer):
		return strconv.Itoa(answer.Code)
	case errors.As(err, &token):
		return strconv.Itoa(token.Response.StatusCode)
	default:
		return "network"
	}
}
