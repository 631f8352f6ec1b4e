// SPDX-License-Identifier: Apache-2.0

// A franz-go worker that copies a topic exactly once (interop-tests/common/transactions.py tells
// what it writes down): `transactions_franz_go BOOTSTRAP INPUT JOURNAL NAME LANE...`. Ends when
// stdin closes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	journal     *os.File
	journalLock sync.Mutex
)

// A whole line, and in the file at once: kill -9 loses nothing that was said.
func note(group, event string, what any) {
	journalLock.Lock()
	defer journalLock.Unlock()
	text := strings.ReplaceAll(fmt.Sprint(what), "\n", " ")
	fmt.Fprintf(journal, "%d %s %s %s\n", time.Now().UnixMicro(), group, event, text)
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

type copier struct {
	bootstrap, input, output, group, name, protocol string
}

func (c *copier) open() (*kgo.GroupTransactSession, error) {
	settings := []kgo.Opt{
		kgo.SeedBrokers(c.bootstrap), kgo.ClientID(c.name), kgo.ConsumerGroup(c.group), kgo.ConsumeTopics(c.input),
		kgo.TransactionalID(c.group + "-" + c.name), kgo.TransactionTimeout(millis("TXN_TIMEOUT_MS", 10000)),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SessionTimeout(millis("SESSION_MS", 6000)), kgo.HeartbeatInterval(millis("HEARTBEAT_MS", 1000)),
		kgo.RebalanceTimeout(10 * time.Second), kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }),
	}
	if c.protocol == "consumer" {
		settings = append(settings, kgo.ServerSideBalancer())
	} else {
		settings = append(settings, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	}
	return kgo.NewGroupTransactSession(settings...)
}

func fenced(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) ||
		errors.Is(err, kerr.InvalidProducerIDMapping)
}

// An error means that the session is of no more use.
func (c *copier) step(ctx context.Context, session *kgo.GroupTransactSession) error {
	polling, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	records := session.PollRecords(polling, 100).Records()
	cancel()
	if len(records) == 0 {
		return nil
	}
	if err := session.Begin(); err != nil {
		return err
	}
	wanted := kgo.TryCommit
	var failed kgo.FirstErrPromise
	for _, record := range records {
		copied := &kgo.Record{Topic: c.output, Partition: record.Partition, Key: record.Key, Value: record.Value}
		session.Produce(ctx, copied, failed.Promise())
	}
	if err := failed.Err(); err != nil {
		note(c.group, "problem", fmt.Sprint("produce ", err))
		wanted = kgo.TryAbort
	} else if rand.Intn(12) == 0 {
		wanted = kgo.TryAbort
	}
	committed, err := session.End(ctx, wanted)
	switch {
	case err != nil && fenced(err):
		note(c.group, "fenced", err)
	case err != nil:
		note(c.group, "problem", fmt.Sprint("end ", err))
	case committed:
		note(c.group, "commit", len(records))
	case wanted == kgo.TryAbort:
		note(c.group, "abort", "on purpose, or as producing failed")
	default:
		note(c.group, "abort", "a rebalance came first")
	}
	return err
}

func (c *copier) run(stopped context.Context) {
	for stopped.Err() == nil {
		session, err := c.open()
		if err != nil {
			panic(err)
		}
		for err == nil && stopped.Err() == nil {
			// Not with `stopped`: an End that is cancelled leaves the client in no good state.
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			err = c.step(ctx, session)
			cancel()
		}
		session.Close()
	}
}

func main() {
	var err error
	journal, err = os.OpenFile(os.Args[3], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	stopped, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, word := range os.Args[5:] {
		lane := options(word)
		c := &copier{os.Args[1], os.Args[2], lane["output"], lane["group"], os.Args[4], lane["protocol"]}
		running.Add(1)
		go func() {
			defer running.Done()
			c.run(stopped)
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	running.Wait()
}
