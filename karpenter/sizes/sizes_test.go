package sizes

import (
	"encoding/json"
	"os"
	"testing"
)

func TestPodsAreLeftTheSameRoomAsTypeScriptSays(t *testing.T) {
	text, err := os.ReadFile("testdata/room.json")
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]Room
	if err := json.Unmarshal(text, &expected); err != nil {
		t.Fatal(err)
	}
	if len(expected) != len(Flavors()) {
		t.Errorf("room.json has %d flavors, node-sizes.json %d", len(expected), len(Flavors()))
	}
	for name, size := range Flavors() {
		if room := LeftForPods(size); room != expected[name] {
			t.Errorf("%s leaves %+v, expected %+v", name, room, expected[name])
		}
	}
}

func TestADiskThatNobodyTellsLeavesNothingButIsNoFault(t *testing.T) {
	if room := LeftForPods(Size{VCPUs: 2, RAM: 8}); room.Disk != 0 || room.Millicores != 1840 {
		t.Errorf("%+v", room)
	}
	if SmallestDisk() != 50 {
		t.Errorf("smallest disk %v", SmallestDisk())
	}
}
