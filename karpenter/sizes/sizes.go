// Package sizes tells what OVHcloud leaves pods of a node, from the same figures as the TypeScript half of the project.
package sizes

import (
	_ "embed"
	"encoding/json"
	"math"
)

// node-sizes.json is a copy of common/node-sizes.json, because Go embeds nothing from outside of a module. test/karpenter/sizes.test.ts
// shows that they are equal.
//
//go:embed node-sizes.json
var document []byte

// Size of a node. RAM and disk in GB.
type Size struct {
	VCPUs float64 `json:"vCPUs"`
	RAM   float64 `json:"ram"`
	Disk  float64 `json:"disk"`
	GPUs  int     `json:"gpus"`
}

// Room is what a node leaves to pods: bytes, and millicores.
type Room struct {
	Millicores int64 `json:"millicores"`
	Memory     int64 `json:"memory"`
	Disk       int64 `json:"disk"`
}

var table struct {
	MaxPods  int64 `json:"maxPods"`
	Reserved struct {
		Millicores       float64 `json:"millicores"`
		MillicoresPerCPU float64 `json:"millicoresPerCPU"`
		Memory           float64 `json:"memory"`
		DiskShare        float64 `json:"diskShare"`
		DiskPerLog10     float64 `json:"diskPerLog10"`
	} `json:"reserved"`
	Flavors map[string]Size `json:"flavors"`
}

func init() {
	if err := json.Unmarshal(document, &table); err != nil {
		panic("node-sizes.json: " + err.Error())
	}
}

// MaxPods that a kubelet runs.
func MaxPods() int64 { return table.MaxPods }

// Flavors that are known without asking OVHcloud.
func Flavors() map[string]Size { return table.Flavors }

// SmallestDisk of all known flavors, in GB: the careful guess for one whose disk nobody tells.
func SmallestDisk() float64 {
	smallest := math.Inf(1)
	for _, size := range table.Flavors {
		smallest = math.Min(smallest, size.Disk)
	}
	return smallest
}

// LeftForPods is what OVHcloud leaves pods of a node.
func LeftForPods(size Size) Room {
	reserved := table.Reserved
	disk := 0.0
	if size.Disk > 0 {
		disk = math.Max(0, math.Floor((size.Disk*(1-reserved.DiskShare)-math.Log10(size.Disk)*reserved.DiskPerLog10)*1e9))
	}
	return Room{
		Millicores: int64(math.Floor(size.VCPUs*1000 - reserved.Millicores - size.VCPUs*reserved.MillicoresPerCPU)),
		Memory:     int64(math.Max(0, size.RAM*1e9-reserved.Memory)),
		Disk:       int64(disk),
	}
}
