// SPDX-License-Identifier: Apache-2.0

// A sarama worker for the group suites (interop-tests/common/groups.py tells what it writes down):
// `groups_sarama BOOTSTRAP TOPIC JOURNAL NAME LANE...`. Leaves its groups when stdin closes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

var journal *os.File

// Whole lines in one write: kill -9 loses nothing that was said.
func note(lines ...string) {
	now := strconv.FormatInt(time.Now().UnixMicro(), 10)
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(now + " " + line + "\n")
	}
	if _, err := journal.WriteString(text.String()); err != nil {
		panic(err)
	}
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

type member struct {
	group, topic string
	commit       bool
}

func (m *member) event(name string, session sarama.ConsumerGroupSession) {
	partitions := session.Claims()[m.topic]
	if len(partitions) == 0 {
		return
	}
	words := make([]string, len(partitions))
	for at, partition := range partitions {
		words[at] = strconv.Itoa(int(partition))
	}
	note(fmt.Sprintf("%s %s %s %d %s", m.group, name, session.MemberID(), session.GenerationID(), strings.Join(words, ",")))
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.event("assigned", session)
	return nil
}

func (m *member) Cleanup(session sarama.ConsumerGroupSession) error {
	m.event("revoked", session)
	return nil
}

// One call and goroutine for each partition.
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			m.handle(session, claim, message)
		case <-session.Context().Done():
			return nil
		}
	}
}

// The record, and what else is there already.
func (m *member) handle(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim, last *sarama.ConsumerMessage) {
	lines := []string{}
	for {
		value, _, _ := strings.Cut(string(last.Value), " ")
		lines = append(lines, fmt.Sprintf("%s record %d %d %s", m.group, last.Partition, last.Offset, value))
		if len(lines) == 200 || len(claim.Messages()) == 0 {
			break
		}
		next, open := <-claim.Messages()
		if !open {
			break
		}
		last = next
	}
	note(lines...)
	session.MarkMessage(last, "")
	if m.commit {
		session.Commit()
	}
}

func settings(name string, lane map[string]string) *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.ClientID = name
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = lane["commit"] == "auto"
	config.Consumer.Offsets.AutoCommit.Interval = millis("COMMIT_MS", 500)
	config.Consumer.Group.Session.Timeout = millis("SESSION_MS", 6000)
	config.Consumer.Group.Heartbeat.Interval = millis("HEARTBEAT_MS", 1000)
	config.Consumer.Group.Rebalance.Timeout = millis("MAX_POLL_MS", 10000)
	config.Consumer.Group.Rebalance.Retry.Backoff = 200 * time.Millisecond
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Retry.Backoff = 100 * time.Millisecond
	config.Consumer.Return.Errors = true
	config.Metadata.Retry.Max = 50
	config.Metadata.Retry.Backoff = 100 * time.Millisecond
	config.Consumer.Group.InstanceId = strings.ReplaceAll(lane["instance"], "NAME", name)
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{map[string]sarama.BalanceStrategy{
		"range": sarama.NewBalanceStrategyRange(), "roundrobin": sarama.NewBalanceStrategyRoundRobin(),
		"sticky": sarama.NewBalanceStrategySticky()}[lane["assignor"]]}
	return config
}

func (m *member) run(ctx context.Context, group sarama.ConsumerGroup) {
	go func() {
		for err := range group.Errors() {
			note(fmt.Sprintf("%s problem consumer %v", m.group, err))
		}
	}()
	for ctx.Err() == nil {
		err := group.Consume(ctx, []string{m.topic}, m)
		if errors.Is(err, sarama.ErrClosedConsumerGroup) {
			return
		}
		if err != nil {
			note(fmt.Sprintf("%s problem session %v", m.group, err))
			time.Sleep(100 * time.Millisecond)
		}
	}
	_ = group.Close()
}

func main() {
	bootstrap, topic, name := os.Args[1], os.Args[2], os.Args[4]
	var err error
	if journal, err = os.OpenFile(os.Args[3], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, word := range os.Args[5:] {
		lane := options(word)
		m := &member{group: lane["group"], topic: topic, commit: lane["commit"] != "auto"}
		group, err := sarama.NewConsumerGroup([]string{bootstrap}, m.group, settings(name, lane))
		if err != nil {
			panic(err)
		}
		running.Add(1)
		go func() {
			defer running.Done()
			m.run(ctx, group)
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	stop()
	running.Wait()
}
