package shared

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestCallersShareARunThatBeganAfterTheirCall(t *testing.T) {
	var written, runs atomic.Int64
	work := Work[int64]{Run: func(context.Context) (int64, error) {
		runs.Add(1)
		return written.Load(), nil
	}}
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			mine := written.Add(1)
			if seen, err := work.Do(t.Context()); err != nil || seen < mine {
				t.Errorf("wrote %d and then read %d, %v", mine, seen, err)
			}
		})
	}
	group.Wait()
	if runs.Load() > 200 {
		t.Errorf("%d runs for 200 callers", runs.Load())
	}
}

func TestThoseWhoCallDuringARunShareTheNextOne(t *testing.T) {
	var runs atomic.Int64
	begun, proceed := make(chan struct{}), make(chan struct{})
	work := Work[int64]{Run: func(context.Context) (int64, error) {
		run := runs.Add(1)
		if run == 1 {
			close(begun)
			<-proceed
		}
		return run, nil
	}}
	var group sync.WaitGroup
	group.Go(func() {
		if run, _ := work.Do(t.Context()); run != 1 {
			t.Errorf("the first caller got run %d", run)
		}
	})
	<-begun
	results := make(chan int64, 50)
	for range cap(results) {
		group.Go(func() {
			run, _ := work.Do(t.Context())
			results <- run
		})
	}
	close(proceed)
	group.Wait()
	for range cap(results) {
		if run := <-results; run < 2 {
			t.Errorf("a caller got run %d, which had begun before it called", run)
		}
	}
}

func TestAnErrorGoesToAllAndACallerMayGiveUp(t *testing.T) {
	broken := errors.New("broken")
	work := Work[int]{Run: func(ctx context.Context) (int, error) { return 0, broken }}
	if _, err := work.Do(t.Context()); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	proceed := make(chan struct{})
	defer close(proceed)
	slow := Work[int]{Run: func(ctx context.Context) (int, error) {
		<-proceed
		return 0, nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := slow.Do(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
