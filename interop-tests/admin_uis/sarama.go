// SPDX-License-Identifier: Apache-2.0

// The commands of kafkactl and kaf, by the library that both use, in the newest versions of the protocol that it
// knows.
package main

import (
	"errors"

	"github.com/IBM/sarama"
)

func asKafkactl(client sarama.Client, admin sarama.ClusterAdmin) {
	check("sarama brokers", func() error { return kafkactlBrokers(client, admin) })
	check("sarama topics", func() error { return kafkactlTopics(client, admin) })
	check("sarama configs", func() error { return kafkactlConfigs(admin) })
	check("sarama groups", func() error { return kafkactlGroups(admin) })
	check("sarama creates, alters, deletes", func() error { return kafkactlChanges(client, admin) })
	check("sarama ACLs, quotas, users", func() error { return kafkactlSecurity(admin) })
	check("sarama closes", admin.Close)
}

func kafkactlBrokers(client sarama.Client, admin sarama.ClusterAdmin) error {
	brokers, controller, err := admin.DescribeCluster()
	if err != nil {
		return err
	}
	logDirs, err := admin.DescribeLogDirs([]int32{brokers[0].ID()})
	if err != nil {
		return err
	}
	size := int64(0)
	for _, directory := range logDirs[brokers[0].ID()] {
		for _, each := range directory.Topics {
			if each.Topic == topic {
				for _, partition := range each.Partitions {
					size += partition.Size
				}
			}
		}
	}
	return errors.Join(
		expect("brokers", len(brokers), 1),
		expect("address", brokers[0].Addr(), bootstrap),
		expect("controller", controller, brokers[0].ID()),
		expect("bytes of the topic", size > records*60, true))
}

func kafkactlTopics(client sarama.Client, admin sarama.ClusterAdmin) error {
	listed, err := admin.ListTopics()
	if err != nil {
		return err
	}
	described, err := admin.DescribeTopics([]string{topic})
	if err != nil {
		return err
	}
	oldest, problem := client.GetOffset(topic, 0, sarama.OffsetOldest)
	newest, trouble := client.GetOffset(topic, 0, sarama.OffsetNewest)
	retention := listed[topic].ConfigEntries["retention.ms"]
	if retention == nil {
		return errors.New("retention.ms is not among the settings that differ")
	}
	return errors.Join(problem, trouble,
		expect("partitions", listed[topic].NumPartitions, int32(partitions)),
		expect("replicas", listed[topic].ReplicationFactor, int16(1)),
		expect("retention.ms", *retention, "123456789"),
		expect("error", described[0].Err, sarama.ErrNoError),
		expect("described partitions", len(described[0].Partitions), partitions),
		expect("oldest", oldest, int64(0)),
		expect("newest", newest, int64(records/partitions)))
}

func kafkactlConfigs(admin sarama.ClusterAdmin) error {
	entries, err := admin.DescribeConfig(sarama.ConfigResource{
		Type: sarama.BrokerResource, Name: "1", ConfigNames: []string{"num.partitions", "log.retention.hours"}})
	if err != nil {
		return err
	}
	hours := ""
	for _, entry := range entries {
		if entry.Name == "log.retention.hours" {
			hours = entry.Value
		}
	}
	return errors.Join(expect("entries", len(entries), 2), expect("log.retention.hours", hours, "168"))
}

func kafkactlGroups(admin sarama.ClusterAdmin) error {
	listed, err := admin.ListConsumerGroups()
	if err != nil {
		return err
	}
	described, err := admin.DescribeConsumerGroups([]string{group})
	if err != nil {
		return err
	}
	offsets, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1, 2}})
	if err != nil {
		return err
	}
	_, exists := listed[group]
	return errors.Join(
		expect("listed", exists, true),
		expect("error", described[0].Err, sarama.ErrNoError),
		expect("state", described[0].State, "Empty"),
		expect("committed", offsets.Blocks[topic][1].Offset, int64(committed)),
		expect("not committed", offsets.Blocks[topic][0].Offset, int64(-1)))
}

func kafkactlChanges(client sarama.Client, admin sarama.ClusterAdmin) error {
	one, value := "one", "54321"
	detail := &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}
	if err := admin.CreateTopic(one, detail, false); err != nil {
		return err
	}
	twice := admin.CreateTopic(one, detail, false)
	more := admin.CreatePartitions(one, 4, nil, false)
	changed := admin.IncrementalAlterConfig(sarama.TopicResource, one, map[string]sarama.IncrementalAlterConfigsEntry{
		"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}}, false)
	moved := admin.AlterPartitionReassignments(one, [][]int32{{1}, {1}, {1}, {1}})
	reassigned, problem := admin.ListPartitionReassignments(one, []int32{0, 1, 2, 3})
	entries, trouble := admin.DescribeConfig(sarama.ConfigResource{
		Type: sarama.TopicResource, Name: one, ConfigNames: []string{"retention.ms"}})
	emptied := admin.DeleteRecords(topic, map[int32]int64{2: 5})
	err := client.RefreshMetadata(one)
	count, _ := client.Partitions(one)
	oldest, _ := client.GetOffset(topic, 2, sarama.OffsetOldest)
	deleted := admin.DeleteTopic(one)
	ungrouped := admin.DeleteConsumerGroup(group)
	left, _ := admin.ListConsumerGroups()
	_, exists := left[group]
	return errors.Join(more, changed, moved, problem, trouble, emptied, err, deleted, ungrouped,
		expect("created twice", errors.Is(twice, sarama.ErrTopicAlreadyExists), true),
		expect("partitions", len(count), 4),
		expect("reassignments", len(reassigned), 0),
		expect("retention.ms", entries[0].Value, value),
		expect("oldest after deletion", oldest, int64(5)),
		expect("group is there", exists, false))
}

func kafkactlSecurity(admin sarama.ClusterAdmin) error {
	_, err := admin.ListAcls(sarama.AclFilter{ResourceType: sarama.AclResourceAny, Operation: sarama.AclOperationAny,
		PermissionType: sarama.AclPermissionAny, ResourcePatternTypeFilter: sarama.AclPatternAny})
	entity := []sarama.QuotaEntityComponent{{EntityType: sarama.QuotaEntityClientID, MatchType: sarama.QuotaMatchExact, Name: "c"}}
	set := admin.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: "producer_byte_rate", Value: 1024}, false)
	quotas, problem := admin.DescribeClientQuotas([]sarama.QuotaFilterComponent{
		{EntityType: sarama.QuotaEntityClientID, MatchType: sarama.QuotaMatchExact, Match: "c"}}, true)
	rate := 0.0
	for _, each := range quotas {
		rate = each.Values["producer_byte_rate"]
	}
	upserted, trouble := admin.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{{
		Name: "alice", Mechanism: sarama.SCRAM_MECHANISM_SHA_256, Iterations: 8192, Salt: []byte("salt"), Password: []byte("secret")}})
	users, described := admin.DescribeUserScramCredentials([]string{"alice"})
	if trouble != nil || described != nil || len(users) != 1 || len(users[0].CredentialInfos) != 1 {
		return errors.Join(trouble, described, errors.New("alice has not one credential"))
	}
	return errors.Join(securityDisabled(err), set, problem,
		expect("upserts", len(upserted), 1),
		expect("upsert", upserted[0].ErrorCode, sarama.ErrNoError),
		expect("rate", rate, 1024.0),
		expect("iterations", users[0].CredentialInfos[0].Iterations, int32(8192)))
}
