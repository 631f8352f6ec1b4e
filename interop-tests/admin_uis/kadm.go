// SPDX-License-Identifier: Apache-2.0

// The pages of Redpanda Console and the commands of rpk, by the library that both use.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
)

func asConsole(ctx context.Context, admin *kadm.Client) {
	check("kadm overview", func() error { return consoleOverview(ctx, admin) })
	check("kadm topics", func() error { return consoleTopics(ctx, admin) })
	check("kadm configs", func() error { return consoleConfigs(ctx, admin) })
	check("kadm groups", func() error { return consoleGroups(ctx, admin) })
	check("kadm log directories", func() error { return consoleLogDirs(ctx, admin) })
	check("kadm quotas and users", func() error { return consoleSecurity(ctx, admin) })
	check("kadm producers and transactions", func() error { return consoleTransactions(ctx, admin) })
}

func consoleOverview(ctx context.Context, admin *kadm.Client) error {
	metadata, err := admin.Metadata(ctx)
	if err != nil {
		return err
	}
	versions, err := admin.ApiVersions(ctx)
	if err != nil {
		return err
	}
	guesses := ""
	versions.Each(func(each kadm.BrokerApiVersions) { guesses = each.VersionGuess() })
	features := 0
	for _, each := range versions.Sorted() {
		if newest, exists := each.KeyMaxVersion(3); exists && newest >= 12 {
			features++
		}
	}
	return errors.Join(
		expect("brokers", len(metadata.Brokers), 1),
		expect("answers", len(versions), 1),
		expect("asked brokers", features, 1),
		expect("guessed version", guesses != "" && guesses != "unknown custom version", true))
}

func consoleTopics(ctx context.Context, admin *kadm.Client) error {
	details, err := admin.ListTopics(ctx, topic)
	if err != nil {
		return err
	}
	found := details[topic]
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return err
	}
	total := int64(0)
	ends.Each(func(each kadm.ListedOffset) { total += each.Offset })
	start, _ := starts.Lookup(topic, 2)
	partition := found.Partitions[2]
	return errors.Join(found.Err, ends.Error(), starts.Error(),
		expect("partitions", len(found.Partitions), partitions),
		expect("replicas", len(partition.Replicas), 1),
		expect("offline replicas", len(partition.OfflineReplicas), 0),
		expect("leader", partition.Leader, partition.ISR[0]),
		expect("id", found.ID != kadm.TopicID{}, true),
		expect("records", total, int64(records)),
		expect("first offset", start.Offset, int64(0)))
}

func consoleConfigs(ctx context.Context, admin *kadm.Client) error {
	topics, err := admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return err
	}
	own, err := topics.On(topic, nil)
	if err != nil {
		return err
	}
	brokers, err := admin.DescribeBrokerConfigs(ctx, 1)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, config := range own.Configs {
		values[config.Key] = config.MaybeValue()
	}
	both := "compact,delete"
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
		{Op: kadm.SetConfig, Name: "cleanup.policy", Value: &both}}, topic)
	if err != nil {
		return err
	}
	_, err = altered.On(topic, nil)
	again, problem := admin.DescribeTopicConfigs(ctx, topic)
	policy := ""
	for _, config := range again[0].Configs {
		if config.Key == "cleanup.policy" {
			policy = config.MaybeValue()
		}
	}
	return errors.Join(own.Err, err, problem,
		expect("retention.ms", values["retention.ms"], "123456789"),
		expect("min.insync.replicas", values["min.insync.replicas"], "1"),
		expect("cleanup.policy", policy, both),
		expect("more than 200 broker configs", len(brokers[0].Configs) > 200, true))
}

func consoleGroups(ctx context.Context, admin *kadm.Client) error {
	listed, err := admin.ListGroups(ctx)
	if err != nil {
		return err
	}
	described, err := admin.DescribeGroups(ctx, group)
	if err != nil {
		return err
	}
	lags, err := admin.Lag(ctx, group)
	if err != nil {
		return err
	}
	lag := lags[group].Lag[topic][1]
	return errors.Join(contains(listed.Groups(), group), described[group].Err, lags[group].FetchErr,
		expect("state", described[group].State, "Empty"),
		expect("committed", lag.Commit.At, int64(committed)),
		expect("lag", lag.Lag, int64(records/partitions-committed)))
}

func consoleLogDirs(ctx context.Context, admin *kadm.Client) error {
	described, err := admin.DescribeAllLogDirs(ctx, nil)
	if err != nil {
		return err
	}
	size := int64(0)
	described.Each(func(each kadm.DescribedLogDir) {
		err = errors.Join(err, each.Err)
		each.Topics.Each(func(partition kadm.DescribedLogDirPartition) {
			if partition.Topic == topic {
				size += partition.Size
			}
		})
	})
	return errors.Join(err, expect("bytes of the topic", size > records*60, true))
}

func consoleSecurity(ctx context.Context, admin *kadm.Client) error {
	acls, err := admin.DescribeACLs(ctx, kadm.NewACLs().AnyResource().Allow().AllowHosts().Deny().DenyHosts().
		Operations().ResourcePatternType(kadm.ACLPatternAny))
	quotas, problem := admin.DescribeClientQuotas(ctx, false, nil)
	users, trouble := admin.DescribeUserSCRAMs(ctx)
	if err != nil || len(acls) == 0 {
		return fmt.Errorf("%d answers about ACLs: %w", len(acls), err)
	}
	return errors.Join(securityDisabled(acls[0].Err), problem, trouble,
		expect("quotas", len(quotas), 0), expect("users", len(users), 0))
}

func consoleTransactions(ctx context.Context, admin *kadm.Client) error {
	transactions, err := admin.ListTransactions(ctx, nil, nil)
	if err != nil {
		return err
	}
	producers, err := admin.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: struct{}{}}})
	if err != nil {
		return err
	}
	reassigned, err := admin.ListPartitionReassignments(ctx, nil)
	if err != nil {
		return err
	}
	elected, err := admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{topic: {0: struct{}{}}})
	return errors.Join(err, producers[topic].Partitions[0].Err,
		expect("transactions", len(transactions), 0),
		expect("reassignments", len(reassigned), 0),
		expect("elections", len(elected[topic]), 1))
}
