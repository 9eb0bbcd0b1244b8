// Package fake is an OVHcloud in memory for tests: pools, nodes and faults behind a real HTTP server.
package fake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"ovh-mks-batch/karpenter/ovh"
)

// Ids of the project and the cluster.
const (
	Project = "0123456789abcdef0123456789abcdef"
	Cluster = "7c1f4f4c-1111-4222-8333-444455556666"
)

// Fault that strikes requests.
type Fault struct {
	// Method and Path (a regular expression) of the requests that it strikes; empty is any.
	Method, Path string
	// Status that is answered instead of doing anything. 0: the connection is cut.
	Status int
	// Acts: what is asked for is done before the fault strikes.
	Acts bool
	// Times that it strikes; 0 is until it is removed.
	Times int
}

// Cloud answers as OVHcloud does. Time passes with the times that nodes are listed.
type Cloud struct {
	mu     sync.Mutex
	server *httptest.Server
	serial int
	faults []*Fault
	dead   bool
	left   int

	// Now is the time at which nodes are created.
	Now func() time.Time
	// Ordered is called when a pool was created, before that is answered.
	Ordered func()
	Zones   []string
	Flavors []ovh.Flavor
	Disks   map[string]float64
	Region  string

	pools map[string]*ovh.Pool
	nodes map[string]*node

	// Calls counts requests, such as "POST nodepool".
	Calls map[string]int
	// Unnamed are nodes that were removed because a pool shrank, and that nobody had named.
	Unnamed []string
	// ListedAfter and InstanceAfter are how often nodes are listed before a new one is among them, and before it has an instance.
	ListedAfter, InstanceAfter int
	// LeavesAfter is how often a node is listed as leaving before it is gone; LeavingShownAfter how often it is still shown as it was.
	LeavesAfter, LeavingShownAfter int
	// Quota of nodes; 0 is none.
	Quota int
	// Plan is the most nodes of the cluster.
	Plan int
	// OutOfStock flavors, and those that never get an instance.
	OutOfStock, NeverBoots map[string]bool
}

type node struct {
	ovh.Node
	age     int
	leaving int
}

// New cloud with one zone and some flavors.
func New() *Cloud {
	c := &Cloud{
		Now: time.Now, Ordered: func() {},
		Region: "GRA11", Plan: 100, ListedAfter: 1, InstanceAfter: 2, LeavesAfter: 2,
		Flavors: []ovh.Flavor{
			{Name: "b2-7", VCPUs: 2, RAM: 7, State: "available"},
			{Name: "b2-15", VCPUs: 4, RAM: 15, State: "available"},
			{Name: "b3-128", VCPUs: 32, RAM: 128, State: "available"},
			{Name: "b3-16", VCPUs: 4, RAM: 16, State: "available"},
			{Name: "b3-8", VCPUs: 2, RAM: 8, State: "available"},
			{Name: "l4-90", VCPUs: 22, RAM: 90, GPUs: 1, State: "available"},
		},
		Disks:      map[string]float64{"b2-7": 50, "b2-15": 100, "b3-128": 400, "b3-16": 100, "b3-8": 50, "l4-90": 400},
		pools:      map[string]*ovh.Pool{},
		nodes:      map[string]*node{},
		Calls:      map[string]int{},
		OutOfStock: map[string]bool{}, NeverBoots: map[string]bool{},
	}
	c.server = httptest.NewServer(http.HandlerFunc(c.serve))
	return c
}

// URL of the API.
func (c *Cloud) URL() string { return c.server.URL + "/1.0" }

// Close the server.
func (c *Cloud) Close() { c.server.Close() }

// Break adds faults.
func (c *Cloud) Break(faults ...Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fault := range faults {
		c.faults = append(c.faults, &fault)
	}
}

// Mend removes all faults.
func (c *Cloud) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults, c.dead, c.left = nil, false, 0
}

// KillAfter lets so many more requests through, and none after them: the one who asks is dead.
func (c *Cloud) KillAfter(requests int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.dead = requests+1, false
}

// Pools as they are.
func (c *Cloud) Pools() []ovh.Pool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.listPools()
}

// Nodes that are not leaving.
func (c *Cloud) Nodes() (nodes []ovh.Node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, node := range c.nodes {
		if node.leaving == 0 {
			nodes = append(nodes, node.Node)
		}
	}
	slices.SortFunc(nodes, func(a, b ovh.Node) int { return strings.Compare(a.ID, b.ID) })
	return nodes
}

// Count of requests, such as "POST nodepool".
func (c *Cloud) Count(call string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Calls[call]
}

// Change something under the lock.
func (c *Cloud) Change(change func(*Cloud)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// DropPool deletes a pool with its nodes at once, as by hand.
func (c *Cloud) DropPool(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, pool := range c.pools {
		if pool.Name != name {
			continue
		}
		delete(c.pools, id)
		for nodeID, node := range c.nodes {
			if node.PoolID == id {
				delete(c.nodes, nodeID)
			}
		}
	}
}

// SetNode changes the status of a node, and whether it is up to date.
func (c *Cloud) SetNode(id, status string, upToDate bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nodes[id].Status, c.nodes[id].IsUpToDate = status, upToDate
}

var poolPath = regexp.MustCompile(`^/1\.0/cloud/project/` + Project + `/kube/` + Cluster + `/nodepool/([^/]+)$`)
var nodePath = regexp.MustCompile(`^/1\.0/cloud/project/` + Project + `/kube/` + Cluster + `/node/([^/]+)$`)

func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.URL.Path == "/1.0/auth/time" {
		_, _ = fmt.Fprint(w, time.Now().Unix())
		return
	}
	if c.left > 0 {
		if c.left--; c.left == 0 {
			c.dead = true
		}
	}
	if c.dead {
		cut(w)
		return
	}
	for i, fault := range c.faults {
		if (fault.Method != "" && fault.Method != r.Method) || !regexp.MustCompile(fault.Path).MatchString(r.URL.Path) {
			continue
		}
		if fault.Times > 0 {
			if fault.Times--; fault.Times == 0 {
				c.faults = slices.Delete(c.faults, i, i+1)
			}
		}
		if fault.Acts {
			c.answer(httptest.NewRecorder(), r)
		}
		if fault.Status == 0 {
			cut(w)
			return
		}
		refuse(w, fault.Status, "Fault", "a fault that the test asked for")
		return
	}
	c.answer(w, r)
}

func cut(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func refuse(w http.ResponseWriter, status int, class, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"class": "Client::" + class, "message": message})
}

func (c *Cloud) answer(w http.ResponseWriter, r *http.Request) {
	project := "/1.0/cloud/project/" + Project
	cluster := project + "/kube/" + Cluster
	send := func(value any) { _ = json.NewEncoder(w).Encode(value) }
	count := func(resource string) { c.Calls[r.Method+" "+resource]++ }
	switch path := r.URL.Path; {
	case path == "/1.0/order/catalog/public/cloud":
		_, _ = fmt.Fprint(w, catalogue)
	case path == project+"/region/"+c.Region:
		send(map[string]any{"name": c.Region, "availabilityZones": c.Zones})
	case path == project+"/flavor":
		flavors := []ovh.InstanceFlavor{}
		for name, disk := range c.Disks {
			flavors = append(flavors, ovh.InstanceFlavor{Name: name, Disk: disk})
		}
		send(flavors)
	case path == cluster:
		send(map[string]string{"id": Cluster, "region": c.Region, "status": "READY", "version": "1.34"})
	case path == cluster+"/flavors":
		send(c.Flavors)
	case path == cluster+"/nodepool" && r.Method == http.MethodGet:
		count("nodepool")
		send(c.listPools())
	case path == cluster+"/nodepool" && r.Method == http.MethodPost:
		count("nodepool")
		var pool ovh.NewPool
		if err := json.NewDecoder(r.Body).Decode(&pool); err != nil {
			refuse(w, 400, "BadRequest", err.Error())
			return
		}
		c.createPool(w, pool)
	case path == cluster+"/node":
		count("node")
		send(c.listNodes())
	case poolPath.MatchString(path):
		count("nodepool/id")
		pool := c.pools[poolPath.FindStringSubmatch(path)[1]]
		if pool == nil {
			refuse(w, 404, "NotFound", "no such pool")
			return
		}
		if r.Method == http.MethodDelete {
			pool.Status, pool.DesiredNodes = ovh.StatusDeleting, 0
			c.resize(pool, 0, nil)
			return
		}
		var body struct {
			DesiredNodes  int      `json:"desiredNodes"`
			NodesToRemove []string `json:"nodesToRemove"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			refuse(w, 400, "BadRequest", err.Error())
			return
		}
		if c.allowed(w, pool, body.DesiredNodes-len(c.live(pool.ID)), body.DesiredNodes) {
			c.resize(pool, body.DesiredNodes, body.NodesToRemove)
		}
	case nodePath.MatchString(path):
		count("node/id")
		gone := c.nodes[nodePath.FindStringSubmatch(path)[1]]
		if gone == nil || gone.leaving > 0 {
			refuse(w, 404, "NotFound", "no such node")
			return
		}
		gone.leaving = 1
		c.pools[gone.PoolID].DesiredNodes--
	default:
		refuse(w, 404, "NotFound", "no such path: "+path)
	}
}

func (c *Cloud) listPools() []ovh.Pool {
	pools := []ovh.Pool{}
	for id, pool := range c.pools {
		all := 0
		for _, node := range c.nodes {
			if node.PoolID == id {
				all++
			}
		}
		if pool.Status == ovh.StatusDeleting && all == 0 {
			delete(c.pools, id)
			continue
		}
		pool.CurrentNodes = all
		pools = append(pools, *pool)
	}
	slices.SortFunc(pools, func(a, b ovh.Pool) int { return strings.Compare(a.Name, b.Name) })
	return pools
}

// listNodes lets time pass: nodes boot, and those that leave go.
func (c *Cloud) listNodes() []ovh.Node {
	nodes := []ovh.Node{}
	for id, node := range c.nodes {
		node.age++
		if node.leaving > 0 {
			node.leaving++
			if node.leaving > c.LeavesAfter+c.LeavingShownAfter+1 {
				delete(c.nodes, id)
				continue
			}
		}
		if node.age > c.InstanceAfter && node.InstanceID == "" && node.Status == "INSTALLING" && !c.NeverBoots[node.Flavor] {
			if c.OutOfStock[node.Flavor] {
				node.Status = ovh.StatusOutOfStock
			} else {
				node.InstanceID, node.Status = "instance-"+id, ovh.StatusReady
			}
		}
		if node.age <= c.ListedAfter {
			continue
		}
		shown := node.Node
		if node.leaving > c.LeavingShownAfter {
			shown.Status = ovh.StatusDeleting
		}
		nodes = append(nodes, shown)
	}
	slices.SortFunc(nodes, func(a, b ovh.Node) int { return strings.Compare(a.ID, b.ID) })
	return nodes
}

func (c *Cloud) createPool(w http.ResponseWriter, asked ovh.NewPool) {
	for _, pool := range c.pools {
		if pool.Name == asked.Name {
			refuse(w, 409, "Conflict", "a pool with this name exists")
			return
		}
	}
	zones := len(asked.AvailabilityZones)
	if len(c.pools) >= 100 {
		refuse(w, 409, "Conflict", "the cluster has 100 pools")
		return
	}
	if (len(c.Zones) > 1) != (zones > 0) {
		refuse(w, 400, "BadRequest", fmt.Sprintf("availabilityZones (%v) in a region with zones %v", asked.AvailabilityZones, c.Zones))
		return
	}
	if !slices.ContainsFunc(c.Flavors, func(flavor ovh.Flavor) bool { return flavor.Name == asked.FlavorName }) {
		refuse(w, 400, "BadRequest", "no such flavor")
		return
	}
	c.serial++
	pool := &ovh.Pool{
		ID: fmt.Sprintf("pool-%03d", c.serial), Name: asked.Name, Flavor: asked.FlavorName, Status: ovh.StatusReady,
		MaxNodes: asked.MaxNodes, MonthlyBilled: asked.MonthlyBilled, AntiAffinity: asked.AntiAffinity,
		AvailabilityZones: asked.AvailabilityZones, Template: asked.Template,
	}
	if pool.MaxNodes == 0 {
		pool.MaxNodes = c.Plan
	}
	if !c.allowed(w, pool, asked.DesiredNodes, asked.DesiredNodes) {
		return
	}
	c.pools[pool.ID] = pool
	c.resize(pool, asked.DesiredNodes, nil)
	c.Ordered()
}

func (c *Cloud) allowed(w http.ResponseWriter, pool *ovh.Pool, more, desired int) bool {
	all := 0
	for _, node := range c.nodes {
		if node.leaving == 0 {
			all++
		}
	}
	switch {
	case desired > pool.MaxNodes || (pool.AntiAffinity && desired > 5):
		refuse(w, 400, "BadRequest", "desiredNodes must be less than or equal to maxNodes")
	case more > 0 && c.Quota > 0 && all+more > c.Quota:
		refuse(w, 412, "InsufficientInstancesQuota", "the project's quota is used up")
	case more > 0 && all+more > c.Plan:
		refuse(w, 409, "Conflict", "the plan allows no more nodes")
	default:
		return true
	}
	return false
}

func (c *Cloud) live(poolID string) (live []*node) {
	for _, node := range c.nodes {
		if node.PoolID == poolID && node.leaving == 0 {
			live = append(live, node)
		}
	}
	return live
}

// resize removes those that are named, then any.
func (c *Cloud) resize(pool *ovh.Pool, desired int, named []string) {
	pool.DesiredNodes = desired
	live := c.live(pool.ID)
	for len(live) < desired {
		c.serial++
		added := &node{Node: ovh.Node{
			ID: fmt.Sprintf("node-%03d", c.serial), PoolID: pool.ID, Name: fmt.Sprintf("%s-node-%03d", pool.Name, c.serial),
			Flavor: pool.Flavor, Status: "INSTALLING", IsUpToDate: true, CreatedAt: c.Now(),
		}}
		c.nodes[added.ID] = added
		live = append(live, added)
	}
	for excess := len(live) - desired; excess > 0; excess-- {
		at := slices.IndexFunc(live, func(node *node) bool { return slices.Contains(named, node.ProviderID()) })
		if at < 0 {
			at = 0
			if pool.Status != ovh.StatusDeleting {
				c.Unnamed = append(c.Unnamed, live[at].ID)
			}
		}
		live[at].leaving = 1
		live = slices.Delete(live, at, at+1)
	}
}

const catalogue = `{"locale":{"currencyCode":"EUR"},"addons":[
{"planCode":"b2-7.consumption","pricings":[{"price":6810000,"capacities":["consumption"]}]},
{"planCode":"b2-7.monthly.postpaid","pricings":[{"price":2420000000,"capacities":["consumption"]}]},
{"planCode":"b2-15.consumption","pricings":[{"price":12900000,"capacities":["consumption"]}]},
{"planCode":"b2-15.monthly.postpaid","pricings":[{"price":4620000000,"capacities":["consumption"]}]},
{"planCode":"b3-8.consumption","pricings":[{"price":5120000,"capacities":["consumption"]}]},
{"planCode":"b3-8.consumption.3AZ","pricings":[{"price":4655000,"capacities":["consumption"]}]},
{"planCode":"b3-16.consumption","pricings":[{"price":10230000,"capacities":["consumption"]}]},
{"planCode":"b3-128.consumption","pricings":[{"price":81840000,"capacities":["consumption"]}]},
{"planCode":"l4-90.consumption","pricings":[{"price":75000000,"capacities":["consumption"]}],"blobs":{"technical":{"storage":{"disks":[{"capacity":400,"number":1}]}}}},
{"planCode":"gateway.s.hour.consumption","pricings":[{"price":280000,"capacities":["consumption"]}]}
]}`

// Disown makes the pool of a node somebody else's. The caller holds the lock.
func (c *Cloud) Disown(nodeID string) {
	c.pools[c.nodes[nodeID].PoolID].Template = ovh.Template{}
}
