// SPDX-License-Identifier: Apache-2.0

// What administration programs ask a cluster for, judged by what they are told: `admin_uis BOOTSTRAP`. sarama's
// ClusterAdmin is what kafkactl and kaf stand on, kadm what Redpanda Console and rpk do; each lists and inspects
// brokers, topics, configs, groups, offsets, log directories, quotas, and changes some of it. Closes with
// `N passed, N failed`.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topic, group = "orders", "billing"
	partitions   = 3
	records      = 90
	committed    = 7
)

var (
	bootstrap      string
	passed, failed int
)

func check(name string, run func() error) {
	begin := time.Now()
	if err := run(); err != nil {
		failed++
		fmt.Printf("FAILED %s: %v\n", name, err)
		return
	}
	passed++
	fmt.Printf("ok     %s (%.1f s)\n", name, time.Since(begin).Seconds())
}

func expect[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: %v, not %v", what, got, want)
	}
	return nil
}

// What is there to be looked at: a topic with a setting and records, a group with an offset.
func prepare(ctx context.Context, admin *kadm.Client, client *kgo.Client) error {
	retention := "123456789"
	made, err := admin.CreateTopic(ctx, partitions, 1, map[string]*string{"retention.ms": &retention}, topic)
	if err != nil {
		return err
	}
	if made.Err != nil {
		return made.Err
	}
	for i := range records {
		record := &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: fmt.Appendf(nil, "%d", i)}
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			return err
		}
	}
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 1, committed, -1)
	return admin.CommitAllOffsets(ctx, group, offsets)
}

func kadmClient() (*kgo.Client, error) {
	return kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()))
}

func saramaClients() (sarama.Client, sarama.ClusterAdmin, error) {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	client, err := sarama.NewClient([]string{bootstrap}, config)
	if err != nil {
		return nil, nil, err
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	return client, admin, err
}

func main() {
	bootstrap = os.Args[1]
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	client, err := kadmClient()
	if err != nil {
		panic(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	check("prepare", func() error { return prepare(ctx, admin, client) })
	asConsole(ctx, admin)
	saramaClient, saramaAdmin, err := saramaClients()
	check("sarama connects", func() error { return err })
	if err == nil {
		asKafkactl(saramaClient, saramaAdmin)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

func contains(names []string, name string) error {
	if !slices.Contains(names, name) {
		return fmt.Errorf("%s is not among %v", name, names)
	}
	return nil
}

// Without an authorizer the pages for ACLs say so instead of failing.
func securityDisabled(err error) error {
	if errors.Is(err, kerr.SecurityDisabled) || errors.Is(err, sarama.ErrSecurityDisabled) {
		return nil
	}
	return fmt.Errorf("not SECURITY_DISABLED: %v", err)
}
