// SPDX-License-Identifier: Apache-2.0

// A franz-go worker for the group suites (interop-tests/common/groups.py tells what it writes down):
// `groups_franz_go BOOTSTRAP TOPIC JOURNAL NAME LANE...`. Leaves its groups when stdin closes.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	journal     *bufio.Writer
	journalLock sync.Mutex
)

// Whole lines, and on their way to the file at once: kill -9 loses nothing that was said.
func note(lines ...string) {
	journalLock.Lock()
	defer journalLock.Unlock()
	now := time.Now().UnixMicro()
	for _, line := range lines {
		fmt.Fprintf(journal, "%d %s\n", now, line)
	}
	journal.Flush()
}

func millis(name string, otherwise int) time.Duration {
	value, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		value = otherwise
	}
	return time.Duration(value) * time.Millisecond
}

func options(lane string) map[string]string {
	found := map[string]string{}
	for _, part := range strings.Split(lane, ",") {
		key, value, _ := strings.Cut(part, "=")
		found[key] = value
	}
	return found
}

var balancers = map[string]kgo.GroupBalancer{
	"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(), "sticky": kgo.StickyBalancer(),
	"cooperative-sticky": kgo.CooperativeStickyBalancer(), "uniform": kgo.StickyBalancer(),
}

type member struct {
	group  string
	commit bool
}

func (m *member) event(name string, cl *kgo.Client, parts map[string][]int32) {
	member, generation := cl.GroupMetadata()
	if member == "" {
		member, generation = "-", -1
	}
	for _, partitions := range parts {
		if len(partitions) == 0 {
			continue
		}
		sort.Slice(partitions, func(a, b int) bool { return partitions[a] < partitions[b] })
		words := make([]string, len(partitions))
		for at, partition := range partitions {
			words[at] = strconv.Itoa(int(partition))
		}
		note(fmt.Sprintf("%s %s %s %d %s", m.group, name, member, generation, strings.Join(words, ",")))
	}
}

func (m *member) client(bootstrap, topic, name string, lane map[string]string) (*kgo.Client, error) {
	settings := []kgo.Opt{
		kgo.SeedBrokers(bootstrap), kgo.ClientID(name), kgo.ConsumerGroup(m.group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.Balancers(balancers[lane["assignor"]]),
		kgo.SessionTimeout(millis("SESSION_MS", 6000)), kgo.HeartbeatInterval(millis("HEARTBEAT_MS", 1000)),
		kgo.RebalanceTimeout(millis("MAX_POLL_MS", 10000)), kgo.BlockRebalanceOnPoll(), kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }),
		kgo.OnPartitionsAssigned(func(_ context.Context, cl *kgo.Client, parts map[string][]int32) {
			m.event("assigned", cl, parts)
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, cl *kgo.Client, parts map[string][]int32) {
			if !m.commit {
				_ = cl.CommitMarkedOffsets(ctx)
			}
			m.event("revoked", cl, parts)
		}),
		kgo.OnPartitionsLost(func(_ context.Context, cl *kgo.Client, parts map[string][]int32) {
			m.event("lost", cl, parts)
		}),
	}
	if lane["protocol"] == "consumer" {
		settings = append(settings, kgo.ServerSideBalancer())
	}
	if lane["instance"] != "" {
		settings = append(settings, kgo.InstanceID(strings.ReplaceAll(lane["instance"], "NAME", name)))
	}
	if m.commit {
		settings = append(settings, kgo.DisableAutoCommit())
	} else {
		settings = append(settings, kgo.AutoCommitMarks(), kgo.AutoCommitInterval(millis("COMMIT_MS", 500)))
	}
	return kgo.NewClient(settings...)
}

func (m *member) commitRecords(ctx context.Context, cl *kgo.Client, records []*kgo.Record) {
	if len(records) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := cl.CommitRecords(ctx, records...); err != nil {
		note(fmt.Sprintf("%s problem commit %v", m.group, err))
		return
	}
	highest := map[int32]int64{}
	for _, record := range records {
		highest[record.Partition] = max(highest[record.Partition], record.Offset+1)
	}
	for partition, offset := range highest {
		note(fmt.Sprintf("%s commit %d %d", m.group, partition, offset))
	}
}

func (m *member) run(ctx context.Context, cl *kgo.Client) {
	for ctx.Err() == nil {
		polling, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		fetches := cl.PollRecords(polling, 500)
		cancel()
		fetches.EachError(func(_ string, partition int32, err error) {
			if polling.Err() == nil {
				note(fmt.Sprintf("%s problem fetch %d %v", m.group, partition, err))
			}
		})
		records := fetches.Records()
		lines := make([]string, len(records))
		for at, record := range records {
			value, _, _ := strings.Cut(string(record.Value), " ")
			lines[at] = fmt.Sprintf("%s record %d %d %s", m.group, record.Partition, record.Offset, value)
		}
		note(lines...)
		if m.commit {
			m.commitRecords(ctx, cl, records)
		} else {
			cl.MarkCommitRecords(records...)
		}
		cl.AllowRebalance()
	}
	cl.CloseAllowingRebalance()
}

func main() {
	bootstrap, topic, name := os.Args[1], os.Args[2], os.Args[4]
	file, err := os.OpenFile(os.Args[3], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	journal = bufio.NewWriter(file)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, word := range os.Args[5:] {
		lane := options(word)
		m := &member{group: lane["group"], commit: lane["commit"] != "auto"}
		cl, err := m.client(bootstrap, topic, name, lane)
		if err != nil {
			panic(err)
		}
		running.Add(1)
		go func() {
			defer running.Done()
			m.run(ctx, cl)
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	running.Wait()
}
