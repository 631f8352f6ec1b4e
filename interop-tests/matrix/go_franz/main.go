// SPDX-License-Identifier: Apache-2.0

// franz-go for the matrix; package harness says what a program is.
package main

import (
	"context"
	"time"

	"barnabas/interop/matrix/harness"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var ctx = context.Background()

func client(bootstrap string, settings ...kgo.Opt) *kgo.Client {
	settings = append([]kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.FetchMaxWait(100 * time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}, settings...)
	return harness.Got(kgo.NewClient(settings...))
}

func write(bootstrap, topic string, pairs []harness.Pair, settings ...kgo.Opt) {
	to := client(bootstrap, settings...)
	defer to.Close()
	send(to, topic, pairs)
}

func send(to *kgo.Client, topic string, pairs []harness.Pair) {
	records := []*kgo.Record{}
	for _, pair := range pairs {
		records = append(records, &kgo.Record{Topic: topic, Key: pair.Key, Value: pair.Value})
	}
	harness.Must(to.ProduceSync(ctx, records...).FirstErr())
}

// At least that many, and what comes within a moment more.
func poll(from *kgo.Client, count int) []*kgo.Record {
	got, end := []*kgo.Record{}, time.Now().Add(20*time.Second)
	for time.Now().Before(end) {
		polling, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		fetches := from.PollFetches(polling)
		cancel()
		fetches.EachError(func(_ string, _ int32, err error) {
			harness.Expect(polling.Err() != nil, err)
		})
		got = append(got, fetches.Records()...)
		if len(got) >= count && fetches.NumRecords() == 0 {
			break
		}
	}
	return got
}

func pairs(records []*kgo.Record) []harness.Pair {
	found := []harness.Pair{}
	for _, record := range records {
		found = append(found, harness.Pair{Key: record.Key, Value: record.Value})
	}
	return found
}

func read(bootstrap, topic string, count int, settings ...kgo.Opt) []*kgo.Record {
	from := client(bootstrap, append(settings, kgo.ConsumeTopics(topic))...)
	defer from.Close()
	return poll(from, count)
}

func codec(bootstrap, topic, name string) {
	kind := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}[name]
	write(bootstrap, topic, harness.Plain(0, 100), kgo.ProducerBatchCompression(kind), kgo.ProducerLinger(20*time.Millisecond))
	for _, each := range []string{topic, "source." + name} {
		harness.Same(pairs(read(bootstrap, each, 100)), harness.Plain(0, 100))
	}
}

func consume(bootstrap, _ string) {
	got, partitions := read(bootstrap, "source.parts", 100), map[int32]bool{}
	for _, record := range got {
		partitions[record.Partition] = true
	}
	harness.Expect(len(partitions) == 4, "partitions: ", len(partitions))
	harness.SameSet(pairs(got), harness.Plain(0, 100))
	from := client(bootstrap, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"source.none": {0: kgo.NewOffset().At(50)}}))
	defer from.Close()
	harness.Same(pairs(poll(from, 50)), harness.Plain(50, 100))
}

func group(bootstrap, topic string, more ...kgo.Opt) {
	settings := append([]kgo.Opt{kgo.ConsumerGroup(topic), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit()}, more...)
	members, got := []*kgo.Client{}, []*kgo.Record{}
	owned := [2]int{}
	for at := range owned {
		count := func(step int) func(context.Context, *kgo.Client, map[string][]int32) {
			return func(_ context.Context, _ *kgo.Client, parts map[string][]int32) {
				owned[at] += step * len(parts[topic])
			}
		}
		callbacks := []kgo.Opt{kgo.OnPartitionsAssigned(count(1)), kgo.OnPartitionsRevoked(count(-1)), kgo.OnPartitionsLost(count(-1)),
			kgo.BlockRebalanceOnPoll()}
		member := client(bootstrap, append(callbacks, settings...)...)
		defer member.CloseAllowingRebalance()
		members = append(members, member)
	}
	step := func() {
		for _, member := range members {
			polling, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			got = append(got, member.PollFetches(polling).Records()...)
			cancel()
		}
	}
	allow := func() {
		for _, member := range members {
			member.AllowRebalance()
		}
	}
	harness.WaitFor("both have two partitions", func() bool {
		step()
		shared := owned == [2]int{2, 2} // no callback runs between a poll and AllowRebalance
		allow()
		return shared
	})
	write(bootstrap, topic, harness.Plain(0, 100))
	harness.WaitFor("100 records", func() bool {
		step()
		allow()
		return len(got) >= 100
	})
	harness.SameSet(pairs(got), harness.Plain(0, 100))
	for _, member := range members {
		harness.Must(member.CommitUncommittedOffsets(ctx))
	}
}

func commit(bootstrap, topic string) {
	for _, first := range []int{0, 50} {
		member := client(bootstrap, kgo.ConsumerGroup(topic), kgo.ConsumeTopics("source.none"), kgo.DisableAutoCommit())
		got := []*kgo.Record{}
		for len(got) < 50 {
			got = append(got, member.PollRecords(ctx, 50-len(got)).Records()...)
		}
		harness.Same(pairs(got), harness.Plain(first, first+50))
		if first == 0 {
			harness.Must(member.CommitRecords(ctx, got...))
		}
		member.Close()
	}
}

func transactions(bootstrap, topic string) {
	to := client(bootstrap, kgo.TransactionalID(topic))
	defer to.Close()
	for at, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
		harness.Must(to.BeginTransaction())
		send(to, topic, harness.Plain(at*10, at*10+10))
		harness.Must(to.EndTransaction(ctx, end))
	}
	harness.Same(pairs(read(bootstrap, topic, 10, kgo.FetchIsolationLevel(kgo.ReadCommitted()))), harness.Plain(10, 20))
}

func transactionOffsets(bootstrap, topic string) {
	session := harness.Got(kgo.NewGroupTransactSession(kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(topic), kgo.TransactionalID(topic),
		kgo.ConsumeTopics("source.none"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted())))
	defer session.Close()
	got := []*kgo.Record{}
	for len(got) < 10 {
		got = append(got, session.PollRecords(ctx, 10-len(got)).Records()...)
	}
	harness.Must(session.Begin())
	send(session.Client(), topic, pairs(got))
	harness.Expect(harness.Got(session.End(ctx, kgo.TryCommit)), "not committed")
	harness.Same(pairs(read(bootstrap, topic, 10, kgo.FetchIsolationLevel(kgo.ReadCommitted()))), harness.Plain(0, 10))
}

func readCommitted(bootstrap, _ string) {
	for first, level := range map[int]kgo.IsolationLevel{10: kgo.ReadCommitted(), 0: kgo.ReadUncommitted()} {
		got := pairs(read(bootstrap, "source.txn", 20-first, kgo.FetchIsolationLevel(level)))
		for at := range got {
			got[at].Key = harness.Key(first + at) // they have none
		}
		harness.Same(got, harness.Plain(first, 20))
	}
}

func admin(bootstrap, topic string) {
	of := kadm.NewClient(client(bootstrap))
	defer of.Close()
	first, changed := "1000000", "2000000"
	harness.Got(of.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": &first}, topic))
	harness.Got(of.CreateTopic(ctx, 1, 1, nil, topic+"-gone"))
	harness.Expect(len(harness.Got(of.ListTopics(ctx, topic))[topic].Partitions) == 3, "not three partitions")
	set := kadm.AlterConfig{Op: kadm.SetConfig, Name: "retention.ms", Value: &changed}
	harness.Must(harness.Got(of.AlterTopicConfigs(ctx, []kadm.AlterConfig{set}, topic))[0].Err)
	for _, config := range harness.Got(of.DescribeTopicConfigs(ctx, topic))[0].Configs {
		harness.Expect(config.Key != "retention.ms" || config.MaybeValue() == changed, config.MaybeValue())
	}
	harness.Got(of.DeleteTopic(ctx, topic+"-gone"))
	harness.Expect(!harness.Got(of.ListTopics(ctx)).Has(topic+"-gone"), "still listed")
}

func listOffsets(bootstrap, _ string) {
	of := kadm.NewClient(client(bootstrap))
	defer of.Close()
	first, _ := harness.Got(of.ListStartOffsets(ctx, "source.none")).Lookup("source.none", 0)
	end, _ := harness.Got(of.ListEndOffsets(ctx, "source.none")).Lookup("source.none", 0)
	harness.Expect(first.Err == nil && end.Err == nil && first.Offset == 0 && end.Offset == 100, first, " and ", end)
}

func headers(bootstrap, topic string) {
	record := &kgo.Record{Topic: topic, Key: harness.Key(0), Value: harness.Value(0)}
	for _, header := range harness.Headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
	}
	to := client(bootstrap)
	defer to.Close()
	harness.Must(to.ProduceSync(ctx, record).FirstErr())
	got := read(bootstrap, topic, 1)[0].Headers
	harness.Expect(len(got) == len(harness.Headers), got)
	for at, header := range harness.Headers {
		harness.Expect(got[at].Key == header.Name && string(got[at].Value) == string(header.Value) && got[at].Value != nil, got)
	}
}

func createTime(bootstrap, topic string) {
	to := client(bootstrap)
	defer to.Close()
	record := &kgo.Record{Topic: topic, Value: harness.Value(0), Timestamp: time.UnixMilli(harness.Time + 123)}
	harness.Must(to.ProduceSync(ctx, record).FirstErr())
	found := read(bootstrap, topic, 1)[0].Timestamp.UnixMilli()
	harness.Expect(found == harness.Time+123, found)
}

func offsetsForTime(bootstrap, _ string) {
	of := kadm.NewClient(client(bootstrap))
	defer of.Close()
	found, _ := harness.Got(of.ListOffsetsAfterMilli(ctx, harness.Time+4500, "source.times")).Lookup("source.times", 0)
	harness.Expect(found.Err == nil && found.Offset == 5, found)
	// kadm asks for the end where there is none.
	found, _ = harness.Got(of.ListOffsetsAfterMilli(ctx, harness.Time+99999, "source.times")).Lookup("source.times", 0)
	harness.Expect(found.Err == nil && found.Offset == 10 && found.Timestamp == -1, found)
}

func large(bootstrap, topic string) {
	pair := []harness.Pair{{Key: harness.Key(0), Value: harness.Large}}
	write(bootstrap, topic, pair, kgo.ProducerBatchMaxBytes(8_000_000), kgo.ProducerBatchCompression(kgo.NoCompression()))
	harness.Same(pairs(read(bootstrap, topic, 1, kgo.FetchMaxPartitionBytes(8_000_000))), pair)
}

func idempotence(bootstrap, topic string) { // unless it is told otherwise
	to := client(bootstrap)
	defer to.Close()
	send(to, topic, harness.Plain(0, 50))
	send(to, topic, harness.Plain(50, 100))
}

func nulls(bootstrap, topic string) {
	write(bootstrap, topic, harness.Nulls)
	harness.Same(pairs(read(bootstrap, topic, 3)), harness.Nulls)
}

func main() {
	harness.Main(codec, map[string]harness.Feature{
		"consume":        consume,
		"group-classic":  func(bootstrap, topic string) { group(bootstrap, topic) },
		"group-consumer": func(bootstrap, topic string) { group(bootstrap, topic, kgo.ServerSideBalancer()) },
		"commit":         commit, "transactions": transactions, "txn-offsets": transactionOffsets, "read-committed": readCommitted,
		"admin": admin, "list-offsets": listOffsets, "headers": headers, "create-time": createTime,
		"offsets-for-time": offsetsForTime, "large": large, "idempotence": idempotence, "nulls": nulls,
	})
}
