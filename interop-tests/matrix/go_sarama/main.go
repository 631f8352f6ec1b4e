// SPDX-License-Identifier: Apache-2.0

// sarama for the matrix; package harness says what a program is.
package main

import (
	"context"
	"sync"
	"time"

	"barnabas/interop/matrix/harness"

	"github.com/IBM/sarama"
)

func config() *sarama.Config {
	settings := sarama.NewConfig()
	settings.Version = sarama.MaxVersion
	settings.Producer.Return.Successes = true
	settings.Producer.RequiredAcks = sarama.WaitForAll
	settings.Consumer.Offsets.Initial = sarama.OffsetOldest
	settings.Consumer.Offsets.AutoCommit.Enable = false
	settings.Consumer.MaxWaitTime = 100 * time.Millisecond
	settings.Consumer.Group.Rebalance.Retry.Backoff = 200 * time.Millisecond
	return settings
}

func producer(bootstrap string, settings *sarama.Config) sarama.SyncProducer {
	return harness.Got(sarama.NewSyncProducer([]string{bootstrap}, settings))
}

func encoder(data []byte) sarama.Encoder {
	if data == nil {
		return nil
	}
	return sarama.ByteEncoder(data)
}

func send(to sarama.SyncProducer, topic string, pairs []harness.Pair) {
	messages := []*sarama.ProducerMessage{}
	for _, pair := range pairs {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: encoder(pair.Key), Value: encoder(pair.Value)})
	}
	harness.Must(to.SendMessages(messages))
}

func write(bootstrap, topic string, pairs []harness.Pair, settings *sarama.Config) {
	to := producer(bootstrap, settings)
	defer to.Close()
	send(to, topic, pairs)
}

// At least that many, and what comes within a moment more.
func read(bootstrap, topic string, count int, offset int64, settings *sarama.Config) []*sarama.ConsumerMessage {
	from := harness.Got(sarama.NewConsumer([]string{bootstrap}, settings))
	defer from.Close()
	all := make(chan *sarama.ConsumerMessage, 1000)
	for _, partition := range harness.Got(from.Partitions(topic)) {
		one := harness.Got(from.ConsumePartition(topic, partition, offset))
		defer one.Close()
		go func() {
			for message := range one.Messages() {
				all <- message
			}
		}()
	}
	got, late := []*sarama.ConsumerMessage{}, time.After(20*time.Second)
	for {
		var quiet <-chan time.Time
		if len(got) >= count {
			quiet = time.After(200 * time.Millisecond)
		}
		select {
		case message := <-all:
			got = append(got, message)
		case <-quiet:
			return got
		case <-late:
			return got
		}
	}
}

func pairs(messages []*sarama.ConsumerMessage) []harness.Pair {
	found := []harness.Pair{}
	for _, message := range messages {
		found = append(found, harness.Pair{Key: message.Key, Value: message.Value})
	}
	return found
}

func codec(bootstrap, topic, name string) {
	settings := config()
	settings.Producer.Compression = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP,
		"snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}[name]
	write(bootstrap, topic, harness.Plain(0, 100), settings)
	for _, each := range []string{topic, "source." + name} {
		harness.Same(pairs(read(bootstrap, each, 100, 0, config())), harness.Plain(0, 100))
	}
}

func consume(bootstrap, _ string) {
	got, partitions := read(bootstrap, "source.parts", 100, 0, config()), map[int32]bool{}
	for _, message := range got {
		partitions[message.Partition] = true
	}
	harness.Expect(len(partitions) == 4, "partitions: ", len(partitions))
	harness.SameSet(pairs(got), harness.Plain(0, 100))
	harness.Same(pairs(read(bootstrap, "source.none", 50, 50, config())), harness.Plain(50, 100))
}

// member is one of a group: what it owns and has got; commits as it is told to.
type member struct {
	lock   sync.Mutex
	owned  int
	got    []*sarama.ConsumerMessage
	commit int64 // at this offset, or at every one
	group  sarama.ConsumerGroup
	cancel context.CancelFunc
	done   chan struct{}
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.owned = 0
	for _, partitions := range session.Claims() {
		m.owned += len(partitions)
	}
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			m.lock.Lock()
			m.got = append(m.got, message)
			m.lock.Unlock()
			if m.commit < 0 || message.Offset+1 == m.commit {
				session.MarkMessage(message, "")
				session.Commit()
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func (m *member) look() (owned int, got []*sarama.ConsumerMessage) {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.owned, append(got, m.got...)
}

func join(bootstrap, group, topic string, commit int64) *member {
	context, cancel := context.WithCancel(context.Background())
	m := &member{commit: commit, cancel: cancel, done: make(chan struct{}),
		group: harness.Got(sarama.NewConsumerGroup([]string{bootstrap}, group, config()))}
	go func() {
		defer close(m.done)
		for context.Err() == nil && m.group.Consume(context, []string{topic}, m) == nil {
		}
	}()
	return m
}

func (m *member) leave() {
	m.cancel()
	<-m.done
	harness.Must(m.group.Close())
}

func group(bootstrap, topic string) {
	members := []*member{join(bootstrap, topic, topic, -1), join(bootstrap, topic, topic, -1)}
	harness.WaitFor("both have two partitions", func() bool {
		first, _ := members[0].look()
		second, _ := members[1].look()
		return first == 2 && second == 2
	})
	write(bootstrap, topic, harness.Plain(0, 100), config())
	got := []*sarama.ConsumerMessage{}
	harness.WaitFor("100 records", func() bool {
		_, first := members[0].look()
		_, second := members[1].look()
		got = append(first, second...)
		return len(got) >= 100
	})
	for _, each := range members {
		each.leave()
	}
	harness.SameSet(pairs(got), harness.Plain(0, 100))
}

func commit(bootstrap, topic string) {
	for _, first := range []int{0, 50} {
		m := join(bootstrap, topic, "source.none", 50)
		got := []*sarama.ConsumerMessage{}
		harness.WaitFor("the records", func() bool {
			_, got = m.look()
			return len(got) >= 100-first
		})
		m.leave()
		harness.Same(pairs(got), harness.Plain(first, 100))
	}
}

func transactional(bootstrap, id string) sarama.SyncProducer {
	settings := idempotent()
	settings.Producer.Transaction.ID = id
	return producer(bootstrap, settings)
}

func idempotent() *sarama.Config {
	settings := config()
	settings.Producer.Idempotent = true
	settings.Net.MaxOpenRequests = 1
	return settings
}

func committed(bootstrap, topic string, count int) []harness.Pair {
	settings := config()
	settings.Consumer.IsolationLevel = sarama.ReadCommitted
	return pairs(read(bootstrap, topic, count, 0, settings))
}

func transactions(bootstrap, topic string) {
	to := transactional(bootstrap, topic)
	defer to.Close()
	for at, end := range []func() error{to.AbortTxn, to.CommitTxn} {
		harness.Must(to.BeginTxn())
		send(to, topic, harness.Plain(at*10, at*10+10))
		harness.Must(end())
	}
	harness.Same(committed(bootstrap, topic, 10), harness.Plain(10, 20))
}

func transactionOffsets(bootstrap, topic string) {
	to := transactional(bootstrap, topic)
	defer to.Close()
	got := read(bootstrap, "source.none", 100, 0, config())[:10]
	harness.Must(to.BeginTxn())
	send(to, topic, pairs(got))
	offsets := []*sarama.PartitionOffsetMetadata{{Partition: 0, Offset: 10}}
	harness.Must(to.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{"source.none": offsets}, topic))
	harness.Must(to.CommitTxn())
	harness.Same(committed(bootstrap, topic, 10), harness.Plain(0, 10))
}

func readCommitted(bootstrap, _ string) {
	for first, level := range map[int]sarama.IsolationLevel{10: sarama.ReadCommitted, 0: sarama.ReadUncommitted} {
		settings := config()
		settings.Consumer.IsolationLevel = level
		got := pairs(read(bootstrap, "source.txn", 20-first, 0, settings))
		for at := range got {
			got[at].Key = harness.Key(first + at) // they have none
		}
		harness.Same(got, harness.Plain(first, 20))
	}
}

func admin(bootstrap, topic string) {
	of := harness.Got(sarama.NewClusterAdmin([]string{bootstrap}, config()))
	defer of.Close()
	first, changed := "1000000", "2000000"
	detail := &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &first}}
	harness.Must(of.CreateTopic(topic, detail, false))
	harness.Must(of.CreateTopic(topic+"-gone", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false))
	harness.Expect(len(harness.Got(of.DescribeTopics([]string{topic}))[0].Partitions) == 3, "not three partitions")
	set := sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &changed}
	entries := map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": set}
	harness.Must(of.IncrementalAlterConfig(sarama.TopicResource, topic, entries, false))
	found := ""
	for _, entry := range harness.Got(of.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})) {
		if entry.Name == "retention.ms" {
			found = entry.Value
		}
	}
	harness.Expect(found == changed, found)
	harness.Must(of.DeleteTopic(topic + "-gone"))
	_, there := harness.Got(of.ListTopics())[topic+"-gone"]
	harness.Expect(!there, "still listed")
}

func offset(bootstrap, topic string, time int64) int64 {
	client := harness.Got(sarama.NewClient([]string{bootstrap}, config()))
	defer client.Close()
	return harness.Got(client.GetOffset(topic, 0, time))
}

func listOffsets(bootstrap, _ string) {
	first, end := offset(bootstrap, "source.none", sarama.OffsetOldest), offset(bootstrap, "source.none", sarama.OffsetNewest)
	harness.Expect(first == 0 && end == 100, first, " and ", end)
}

func offsetsForTime(bootstrap, _ string) {
	found, beyond := offset(bootstrap, "source.times", harness.Time+4500), offset(bootstrap, "source.times", harness.Time+99999)
	harness.Expect(found == 5 && beyond == -1, found, " and ", beyond)
}

func headers(bootstrap, topic string) {
	to := producer(bootstrap, config())
	defer to.Close()
	message := &sarama.ProducerMessage{Topic: topic, Key: encoder(harness.Key(0)), Value: encoder(harness.Value(0))}
	for _, header := range harness.Headers {
		message.Headers = append(message.Headers, sarama.RecordHeader{Key: []byte(header.Name), Value: header.Value})
	}
	harness.Must(to.SendMessages([]*sarama.ProducerMessage{message}))
	got := read(bootstrap, topic, 1, 0, config())[0].Headers
	harness.Expect(len(got) == len(harness.Headers), len(got))
	for at, header := range harness.Headers {
		harness.Expect(string(got[at].Key) == header.Name && string(got[at].Value) == string(header.Value) && got[at].Value != nil, *got[at])
	}
}

func createTime(bootstrap, topic string) {
	to := producer(bootstrap, config())
	defer to.Close()
	message := &sarama.ProducerMessage{Topic: topic, Value: encoder(harness.Value(0)), Timestamp: time.UnixMilli(harness.Time + 123)}
	harness.Must(to.SendMessages([]*sarama.ProducerMessage{message}))
	found := read(bootstrap, topic, 1, 0, config())[0].Timestamp.UnixMilli()
	harness.Expect(found == harness.Time+123, found)
}

func large(bootstrap, topic string) {
	settings := config()
	settings.Producer.MaxMessageBytes = 8_000_000
	settings.Consumer.Fetch.Default = 8_000_000
	pair := []harness.Pair{{Key: harness.Key(0), Value: harness.Large}}
	write(bootstrap, topic, pair, settings)
	harness.Same(pairs(read(bootstrap, topic, 1, 0, settings)), pair)
}

func idempotence(bootstrap, topic string) {
	to := producer(bootstrap, idempotent())
	defer to.Close()
	send(to, topic, harness.Plain(0, 50))
	send(to, topic, harness.Plain(50, 100))
}

func nulls(bootstrap, topic string) {
	write(bootstrap, topic, harness.Nulls, config())
	harness.Same(pairs(read(bootstrap, topic, 3, 0, config())), harness.Nulls)
}

func groupConsumer(_, _ string) { harness.Cannot("no request of KIP-848") }

func main() {
	harness.Main(codec, map[string]harness.Feature{
		"consume": consume, "group-classic": group, "group-consumer": groupConsumer, "commit": commit,
		"transactions": transactions, "txn-offsets": transactionOffsets, "read-committed": readCommitted,
		"admin": admin, "list-offsets": listOffsets, "headers": headers, "create-time": createTime,
		"offsets-for-time": offsetsForTime, "large": large, "idempotence": idempotence, "nulls": nulls,
	})
}
