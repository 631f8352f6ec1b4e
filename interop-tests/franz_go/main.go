// SPDX-License-Identifier: Apache-2.0

// franz-go against a running broker: `franz_go BOOTSTRAP RECORDS`. Production with every codec, direct and
// group consumption, administration. Closes with `N passed, N failed`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	bootstrap      string
	passed, failed int
)

func check(name string, run func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	begin := time.Now()
	if err := run(ctx); err != nil {
		failed++
		fmt.Printf("FAILED %s: %v\n", name, err)
		return
	}
	passed++
	fmt.Printf("ok     %s (%.1f s)\n", name, time.Since(begin).Seconds())
}

func client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap)}, options...)...)
}

func create(ctx context.Context, topic string, partitions int32) error {
	cl, err := client()
	if err != nil {
		return err
	}
	defer cl.Close()
	answer, err := kadm.NewClient(cl).CreateTopic(ctx, partitions, 1, nil, topic)
	if err != nil {
		return err
	}
	return answer.Err
}

func read(ctx context.Context, cl *kgo.Client, count int) (map[string][]string, error) {
	got, total := map[string][]string{}, 0
	for total < count {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%d of %d records: %w", total, count, err)
		}
		for _, problem := range fetches.Errors() {
			return nil, problem.Err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			got[string(r.Key)] = append(got[string(r.Key)], string(r.Value))
			total++
		})
	}
	return got, nil
}

func produce(ctx context.Context, topic string, count int, codec kgo.CompressionCodec) (map[string][]string, error) {
	cl, err := client(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(5*time.Millisecond))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	sent := map[string][]string{}
	var first error
	for n := 0; n < count; n++ {
		key, value := "key"+strconv.Itoa(n*7919%499), "value "+strconv.Itoa(n)
		sent[key] = append(sent[key], value)
		record := &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}
		cl.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil && first == nil {
				first = err
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return nil, err
	}
	return sent, first
}

func roundTrip(name string, codec kgo.CompressionCodec, count int) func(context.Context) error {
	return func(ctx context.Context) error {
		topic := "franz-" + name
		if err := create(ctx, topic, 6); err != nil {
			return err
		}
		sent, err := produce(ctx, topic, count, codec)
		if err != nil {
			return err
		}
		cl, err := client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			return err
		}
		defer cl.Close()
		got, err := read(ctx, cl, count)
		if err == nil && !reflect.DeepEqual(sent, got) {
			err = errors.New("another order or number of records per key")
		}
		return err
	}
}

func groupResumes(ctx context.Context) error {
	if err := create(ctx, "franz-group", 3); err != nil {
		return err
	}
	if _, err := produce(ctx, "franz-group", 600, kgo.NoCompression()); err != nil {
		return err
	}
	seen := map[string]bool{}
	for len(seen) < 600 {
		cl, err := client(kgo.ConsumerGroup("franz"), kgo.ConsumeTopics("franz-group"), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			return err
		}
		fetches := cl.PollRecords(ctx, 200)
		if ctx.Err() != nil {
			return fmt.Errorf("%d of 600 records: %w", len(seen), ctx.Err())
		}
		var twice string
		fetches.EachRecord(func(r *kgo.Record) {
			if seen[string(r.Value)] {
				twice = string(r.Value)
			}
			seen[string(r.Value)] = true
		})
		err = cl.CommitRecords(ctx, fetches.Records()...)
		cl.Close()
		if err != nil {
			return err
		}
		if twice != "" {
			return errors.New(twice + " came twice")
		}
	}
	return nil
}

func admin(ctx context.Context) error {
	cl, err := client()
	if err != nil {
		return err
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	if err := create(ctx, "franz-gone", 2); err != nil {
		return err
	}
	if err := create(ctx, "franz-gone", 2); !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("created twice: %v", err)
	}
	ends, err := adm.ListEndOffsets(ctx, "franz-group")
	if err != nil {
		return err
	}
	var sum int64
	ends.Each(func(o kadm.ListedOffset) { sum += o.Offset })
	if sum != 600 {
		return fmt.Errorf("end offsets add up to %d", sum)
	}
	deleted, err := adm.DeleteTopics(ctx, "franz-gone")
	if err != nil {
		return err
	}
	if err := deleted.Error(); err != nil {
		return err
	}
	topics, err := adm.ListTopics(ctx)
	if err == nil && topics.Has("franz-gone") {
		err = errors.New("deleted topic is listed")
	}
	return err
}

func main() {
	bootstrap = os.Args[1]
	count, _ := strconv.Atoi(os.Args[2])
	codecs := []struct {
		name  string
		codec kgo.CompressionCodec
	}{{"none", kgo.NoCompression()}, {"gzip", kgo.GzipCompression()}, {"snappy", kgo.SnappyCompression()},
		{"lz4", kgo.Lz4Compression()}, {"zstd", kgo.ZstdCompression()}}
	for _, each := range codecs {
		check(fmt.Sprintf("%d keyed records, %s", count, each.name), roundTrip(each.name, each.codec, count))
	}
	check("a group resumes where it committed", groupResumes)
	check("administration", admin)
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}
