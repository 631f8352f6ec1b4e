// SPDX-License-Identifier: Apache-2.0

// kafka-go for the matrix; package harness says what a program is.
package main

import (
	"context"
	"reflect"
	"sync"
	"time"

	"barnabas/interop/matrix/harness"

	"github.com/segmentio/kafka-go"
)

var ctx = context.Background()

func writer(bootstrap, topic string) *kafka.Writer {
	return &kafka.Writer{Addr: kafka.TCP(bootstrap), Topic: topic, RequiredAcks: kafka.RequireAll, BatchTimeout: 10 * time.Millisecond,
		Balancer: &kafka.Hash{}}
}

func messages(pairs []harness.Pair) []kafka.Message {
	found := []kafka.Message{}
	for _, pair := range pairs {
		found = append(found, kafka.Message{Key: pair.Key, Value: pair.Value})
	}
	return found
}

func write(to *kafka.Writer, all ...kafka.Message) {
	defer to.Close()
	harness.Must(to.WriteMessages(ctx, all...))
}

func config(bootstrap, topic string) kafka.ReaderConfig {
	return kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic, MaxWait: 100 * time.Millisecond, MaxBytes: 10_000_000}
}

// At least that many of one partition, and what comes within a moment more.
func read(settings kafka.ReaderConfig, count int, offset int64) []kafka.Message {
	from := kafka.NewReader(settings)
	defer from.Close()
	harness.Must(from.SetOffset(offset))
	return poll(from, count)
}

func poll(from *kafka.Reader, count int) []kafka.Message {
	got, wait := []kafka.Message{}, 20*time.Second
	for {
		if len(got) >= count {
			wait = 300 * time.Millisecond
		}
		fetching, cancel := context.WithTimeout(ctx, wait)
		message, err := from.FetchMessage(fetching)
		late := fetching.Err() != nil
		cancel()
		if late {
			return got
		}
		harness.Must(err)
		got = append(got, message)
	}
}

func pairs(all []kafka.Message) []harness.Pair {
	found := []harness.Pair{}
	for _, message := range all {
		found = append(found, harness.Pair{Key: message.Key, Value: message.Value})
	}
	return found
}

func codec(bootstrap, topic, name string) {
	to := writer(bootstrap, topic)
	to.Compression = map[string]kafka.Compression{"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4,
		"zstd": kafka.Zstd}[name]
	write(to, messages(harness.Plain(0, 100))...)
	for _, each := range []string{topic, "source." + name} {
		harness.Same(pairs(read(config(bootstrap, each), 100, 0)), harness.Plain(0, 100))
	}
}

func consume(bootstrap, _ string) {
	got := []kafka.Message{}
	for partition := range 4 {
		settings := config(bootstrap, "source.parts")
		settings.Partition = partition
		some := read(settings, 1, 0)
		harness.Expect(len(some) > 0, "nothing in partition ", partition)
		got = append(got, some...)
	}
	harness.SameSet(pairs(got), harness.Plain(0, 100))
	harness.Same(pairs(read(config(bootstrap, "source.none"), 50, 50)), harness.Plain(50, 100))
}

func member(bootstrap, group, topic string) *kafka.Reader {
	settings := config(bootstrap, topic)
	settings.GroupID, settings.StartOffset = group, kafka.FirstOffset
	settings.HeartbeatInterval, settings.JoinGroupBackoff = 300*time.Millisecond, 300*time.Millisecond
	return kafka.NewReader(settings)
}

// What a group's members own cannot be asked of a Reader, but of the broker.
func assignments(client *kafka.Client, group string) []int {
	request := &kafka.DescribeGroupsRequest{GroupIDs: []string{group}}
	counts := []int{}
	for _, member := range harness.Got(client.DescribeGroups(ctx, request)).Groups[0].Members {
		count := 0
		for _, topic := range member.MemberAssignments.Topics {
			count += len(topic.Partitions)
		}
		counts = append(counts, count)
	}
	return counts
}

func group(bootstrap, topic string) {
	var lock sync.Mutex
	got, reading := []kafka.Message{}, sync.WaitGroup{}
	stopped, stop := context.WithCancel(ctx)
	for range 2 {
		each := member(bootstrap, topic, topic)
		reading.Add(1)
		go func() {
			defer reading.Done()
			defer each.Close()
			for stopped.Err() == nil {
				if message, err := each.FetchMessage(stopped); err == nil {
					lock.Lock()
					got = append(got, message)
					lock.Unlock()
					_ = each.CommitMessages(stopped, message)
				}
			}
		}()
	}
	client := &kafka.Client{Addr: kafka.TCP(bootstrap)}
	harness.WaitFor("both have two partitions", func() bool {
		return reflect.DeepEqual(assignments(client, topic), []int{2, 2})
	})
	write(writer(bootstrap, topic), messages(harness.Plain(0, 100))...)
	harness.WaitFor("100 records", func() bool {
		lock.Lock()
		defer lock.Unlock()
		return len(got) >= 100
	})
	time.Sleep(200 * time.Millisecond) // a record too many would come now
	stop()
	reading.Wait()
	harness.SameSet(pairs(got), harness.Plain(0, 100))
}

func commit(bootstrap, topic string) {
	for _, first := range []int{0, 50} {
		from := member(bootstrap, topic, "source.none")
		got := poll(from, 100-first)
		if first == 0 {
			harness.Same(pairs(got), harness.Plain(0, 100))
			harness.Must(from.CommitMessages(ctx, got[:50]...))
		} else {
			harness.Same(pairs(got), harness.Plain(50, 100))
		}
		harness.Must(from.Close())
	}
}

func readCommitted(bootstrap, _ string) {
	for _, first := range []int{10, 0} {
		settings := config(bootstrap, "source.txn")
		settings.IsolationLevel = kafka.ReadUncommitted
		if first > 0 {
			settings.IsolationLevel = kafka.ReadCommitted
		}
		got := pairs(read(settings, 20-first, 0))
		for at := range got {
			got[at].Key = harness.Key(first + at) // they have none
		}
		harness.Same(got, harness.Plain(first, 20))
	}
}

func admin(bootstrap, topic string) {
	of := &kafka.Client{Addr: kafka.TCP(bootstrap)}
	created := harness.Got(of.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: topic, NumPartitions: 3, ReplicationFactor: 1, ConfigEntries: []kafka.ConfigEntry{{ConfigName: "retention.ms", ConfigValue: "1000000"}}},
		{Topic: topic + "-gone", NumPartitions: 1, ReplicationFactor: 1}}}))
	for _, err := range created.Errors {
		harness.Must(err)
	}
	metadata := harness.Got(of.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}}))
	harness.Expect(len(metadata.Topics[0].Partitions) == 3, "not three partitions")
	set := kafka.IncrementalAlterConfigsRequestConfig{Name: "retention.ms", Value: "2000000", ConfigOperation: kafka.ConfigOperationSet}
	altered := harness.Got(of.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{set}}}}))
	harness.Must(altered.Resources[0].Error)
	described := harness.Got(of.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{"retention.ms"}}}}))
	harness.Must(described.Resources[0].Error)
	harness.Expect(described.Resources[0].ConfigEntries[0].ConfigValue == "2000000", described.Resources[0])
	deleted := harness.Got(of.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic + "-gone"}}))
	harness.Must(deleted.Errors[topic+"-gone"])
}

func offsets(bootstrap, topic string, requests ...kafka.OffsetRequest) kafka.PartitionOffsets {
	of := &kafka.Client{Addr: kafka.TCP(bootstrap)}
	asked := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}}
	found := harness.Got(of.ListOffsets(ctx, asked)).Topics[topic][0]
	harness.Must(found.Error)
	return found
}

func listOffsets(bootstrap, _ string) {
	found := offsets(bootstrap, "source.none", kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0))
	harness.Expect(found.FirstOffset == 0 && found.LastOffset == 100, found)
}

func offsetsForTime(bootstrap, _ string) {
	for wait, wanted := range map[int64]int64{4500: 5, 99999: -1} {
		found := offsets(bootstrap, "source.times", kafka.TimeOffsetOf(0, time.UnixMilli(harness.Time+wait))).Offsets
		_, there := found[wanted]
		harness.Expect(there && len(found) == 1, found)
	}
}

func headers(bootstrap, topic string) {
	message := messages(harness.Plain(0, 1))[0]
	for _, header := range harness.Headers {
		message.Headers = append(message.Headers, kafka.Header{Key: header.Name, Value: header.Value})
	}
	write(writer(bootstrap, topic), message)
	got := read(config(bootstrap, topic), 1, 0)[0].Headers
	harness.Expect(len(got) == len(harness.Headers), got)
	for at, header := range harness.Headers {
		harness.Expect(got[at].Key == header.Name && string(got[at].Value) == string(header.Value), got)
	}
}

func createTime(bootstrap, topic string) {
	write(writer(bootstrap, topic), kafka.Message{Value: harness.Value(0), Time: time.UnixMilli(harness.Time + 123)})
	found := read(config(bootstrap, topic), 1, 0)[0].Time.UnixMilli()
	harness.Expect(found == harness.Time+123, found)
}

func large(bootstrap, topic string) {
	to := writer(bootstrap, topic)
	to.BatchBytes = 8_000_000
	pair := []harness.Pair{{Key: harness.Key(0), Value: harness.Large}}
	write(to, messages(pair)...)
	harness.Same(pairs(read(config(bootstrap, topic), 1, 0)), pair)
}

func nulls(bootstrap, topic string) {
	write(writer(bootstrap, topic), messages(harness.Nulls)...)
	harness.Same(pairs(read(config(bootstrap, topic), 3, 0)), harness.Nulls)
}

// Its requests of transactions have no producer to use them: neither Writer nor ProduceRequest takes a producer id.
func noProducerID(_, _ string) {
	for _, kind := range []any{kafka.Writer{}, kafka.ProduceRequest{}} {
		_, there := reflect.TypeOf(kind).FieldByName("ProducerID")
		harness.Expect(!there, "it takes a producer id: write this test")
	}
	harness.Cannot("neither Writer nor ProduceRequest has a producer id")
}

func main() {
	harness.Main(codec, map[string]harness.Feature{
		"consume": consume, "group-classic": group,
		"group-consumer": func(_, _ string) { harness.Cannot("no request of KIP-848") }, "commit": commit,
		"transactions": noProducerID, "txn-offsets": noProducerID, "read-committed": readCommitted,
		"admin": admin, "list-offsets": listOffsets, "headers": headers, "create-time": createTime,
		"offsets-for-time": offsetsForTime, "large": large, "idempotence": noProducerID, "nulls": nulls,
	})
}
