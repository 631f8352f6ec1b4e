// SPDX-License-Identifier: Apache-2.0
// Every public method of Kafka's Java Admin client, called once or more on one broker: a line of JSON
// for each part of each result, {"call":"createTopics topicId(t)","answer":"..."}; the last line names
// the methods that were not called. AdminCalls HOST:PORT LOG_DIRECTORY
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringSerializer;

public final class AdminCalls {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> CALLED = new TreeSet<>();

    private static void say(String call, String answer) throws Exception {
        System.out.println(JSON.writeValueAsString(new TreeMap<>(Map.of("call", call, "answer", answer))));
    }

    private static String text(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<String, String> sorted = new TreeMap<>();
            map.forEach((key, each) -> sorted.put(text(key), text(each)));
            return sorted.toString();
        }
        if (value instanceof Collection<?> all) {
            List<String> sorted = new ArrayList<>(all.stream().map(AdminCalls::text).toList());
            sorted.sort(null);
            return sorted.toString();
        }
        if (value instanceof KafkaFuture<?> future) return settled(future);
        if (value instanceof Config config) return text(config.entries());
        if (value instanceof FeatureMetadata features)
            return text(features.finalizedFeatures()) + text(features.supportedFeatures());
        return String.valueOf(value);
    }

    private static String settled(KafkaFuture<?> future) {
        try {
            return text(future.get(30, TimeUnit.SECONDS));
        } catch (ExecutionException problem) {
            return "throws " + problem.getCause();
        } catch (Exception problem) {
            return "throws " + problem;
        }
    }

    // What the result's own methods without arguments give.
    private static void tell(String call, Object result) throws Exception {
        if (result == null || !result.getClass().getName().startsWith("org.apache.kafka.clients.admin")) {
            say(call, text(result));
            return;
        }
        Method[] methods = result.getClass().getMethods();
        Arrays.sort(methods, (a, b) -> a.getName().compareTo(b.getName()));
        for (Method method : methods) {
            boolean tells = KafkaFuture.class.isAssignableFrom(method.getReturnType())
                || Map.class.isAssignableFrom(method.getReturnType());
            if (!tells || method.getParameterCount() > 0 || Modifier.isStatic(method.getModifiers())) continue;
            method.setAccessible(true);
            try {
                say(call + " " + method.getName(), text(method.invoke(result)));
            } catch (InvocationTargetException problem) {
                say(call + " " + method.getName(), "throws " + problem.getCause());
            }
        }
    }

    private static void call(String name, Callable<Object> work) throws Exception {
        Object result;
        try {
            result = work.call();
        } catch (Exception problem) {
            say(name, "throws " + problem);
            return;
        }
        tell(name, result);
    }

    private static Admin recording(Admin admin) {
        return (Admin) Proxy.newProxyInstance(Admin.class.getClassLoader(), new Class<?>[] {Admin.class},
            (proxy, method, arguments) -> {
                CALLED.add(method.getName());
                try {
                    return method.invoke(admin, arguments);
                } catch (InvocationTargetException problem) {
                    throw problem.getCause();
                }
            });
    }

    private static ConfigResource resource(ConfigResource.Type type, String name) {
        return new ConfigResource(type, name);
    }

    private static Map<ConfigResource, Collection<AlterConfigOp>> set(ConfigResource of, String key, String value) {
        return Map.of(of, List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    }

    private static void topics(Admin admin) throws Exception {
        call("createTopics", () -> admin.createTopics(List.of(
            new NewTopic("t", 2, (short) 1), new NewTopic("u", Optional.empty(), Optional.empty()),
            new NewTopic("assigned", Map.of(0, List.of(1))), new NewTopic("bad name", 1, (short) 1),
            new NewTopic("wide", 1, (short) 3),
            new NewTopic("configured", 1, (short) 1).configs(Map.of("retention.ms", "x")))));
        call("createTopics again", () -> admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))));
        call("createTopics checked", () -> admin.createTopics(
            List.of(new NewTopic("checked", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)));
        call("listTopics", admin::listTopics);
        call("listTopics internal", () -> admin.listTopics(new ListTopicsOptions().listInternal(true)));
        call("describeTopics", () -> admin.describeTopics(List.of("t", "nope")));
        call("describeTopics with operations", () -> admin.describeTopics(
            List.of("t"), new DescribeTopicsOptions().includeAuthorizedOperations(true)));
        call("describeTopics by id", () -> admin.describeTopics(
            TopicCollection.ofTopicIds(List.of(new Uuid(1, 2)))));
        call("createPartitions", () -> admin.createPartitions(Map.of(
            "t", NewPartitions.increaseTo(3), "assigned", NewPartitions.increaseTo(1),
            "nope", NewPartitions.increaseTo(3))));
    }

    private static void records(Admin admin, String bootstrap) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                 Map.of("bootstrap.servers", (Object) bootstrap, "enable.idempotence", false),
                 new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 10; ++i)
                producer.send(new ProducerRecord<>("t", 0, 1_700_000_000_000L + i * 1000, "k", "v" + i)).get();
        }
        TopicPartition first = new TopicPartition("t", 0);
        TopicPartition nowhere = new TopicPartition("t", 9);
        call("listOffsets", () -> admin.listOffsets(Map.of(first, OffsetSpec.latest())));
        call("listOffsets earliest", () -> admin.listOffsets(Map.of(first, OffsetSpec.earliest())));
        call("listOffsets newest", () -> admin.listOffsets(Map.of(first, OffsetSpec.maxTimestamp())));
        call("listOffsets local", () -> admin.listOffsets(Map.of(first, OffsetSpec.earliestLocal())));
        call("listOffsets tiered", () -> admin.listOffsets(Map.of(first, OffsetSpec.latestTiered())));
        call("listOffsets at", () -> admin.listOffsets(Map.of(first, OffsetSpec.forTimestamp(1_700_000_004_500L))));
        call("deleteRecords", () -> admin.deleteRecords(Map.of(
            first, RecordsToDelete.beforeOffset(3))));
        call("deleteRecords beyond", () -> admin.deleteRecords(Map.of(
            first, RecordsToDelete.beforeOffset(300))));
        call("describeProducers", () -> admin.describeProducers(List.of(first)));
        call("electLeaders", () -> admin.electLeaders(ElectionType.PREFERRED, Set.of(first, nowhere)));
        call("electLeaders all", () -> admin.electLeaders(ElectionType.UNCLEAN, null));
        call("alterPartitionReassignments", () -> admin.alterPartitionReassignments(Map.of(
            first, Optional.of(new NewPartitionReassignment(List.of(1))), nowhere, Optional.empty(),
            new TopicPartition("t", 1), Optional.of(new NewPartitionReassignment(List.of(7))))));
        call("listPartitionReassignments", () -> admin.listPartitionReassignments());
        call("listPartitionReassignments of", () -> admin.listPartitionReassignments(Set.of(first, nowhere)));
    }

    private static void directories(Admin admin, String directory) throws Exception {
        TopicPartitionReplica replica = new TopicPartitionReplica("u", 0, 1);
        call("describeReplicaLogDirs", () -> admin.describeReplicaLogDirs(List.of(replica)));
        call("alterReplicaLogDirs", () -> admin.alterReplicaLogDirs(Map.of(
            replica, directory, new TopicPartitionReplica("u", 9, 1), directory)));
        call("alterReplicaLogDirs nowhere", () -> admin.alterReplicaLogDirs(Map.of(replica, "/nowhere")));
        DescribeLogDirsResult described = admin.describeLogDirs(List.of(1));
        for (LogDirDescription each : described.allDescriptions().get().get(1).values())
            say("describeLogDirs", each.replicaInfos().get(new TopicPartition("u", 0)) + " total "
                + (each.totalBytes().orElse(-1) > 0) + " usable " + (each.usableBytes().orElse(-1) > 0)
                + " " + each.error());
    }

    private static void configs(Admin admin) throws Exception {
        ConfigResource topic = resource(ConfigResource.Type.TOPIC, "t");
        ConfigResource broker = resource(ConfigResource.Type.BROKER, "1");
        ConfigResource everybody = resource(ConfigResource.Type.BROKER, "");
        ConfigResource group = resource(ConfigResource.Type.GROUP, "g");
        ConfigResource metrics = resource(ConfigResource.Type.CLIENT_METRICS, "m");
        call("describeConfigs topic", () -> admin.describeConfigs(
            List.of(topic), new DescribeConfigsOptions().includeSynonyms(true)));
        call("describeConfigs group", () -> admin.describeConfigs(List.of(group, metrics)));
        call("incrementalAlterConfigs", () -> admin.incrementalAlterConfigs(set(topic, "retention.ms", "1000")));
        call("incrementalAlterConfigs refused", () -> admin.incrementalAlterConfigs(set(topic, "retention.ms", "x")));
        call("incrementalAlterConfigs checked", () -> admin.incrementalAlterConfigs(
            set(broker, "log.cleaner.threads", "2"), new AlterConfigsOptions().validateOnly(true)));
        call("incrementalAlterConfigs default", () -> admin.incrementalAlterConfigs(
            set(everybody, "log.retention.ms", "5000000")));
        call("incrementalAlterConfigs group", () -> admin.incrementalAlterConfigs(
            set(group, "consumer.session.timeout.ms", "50000")));
        call("incrementalAlterConfigs metrics", () -> admin.incrementalAlterConfigs(
            set(metrics, "interval.ms", "1000")));
        call("describeConfigs altered", () -> admin.describeConfigs(List.of(everybody, group, metrics)));
        call("describeConfigs nobody", () -> admin.describeConfigs(List.of(resource(ConfigResource.Type.TOPIC, "nope"))));
        call("listConfigResources", () -> admin.listConfigResources());
        call("listConfigResources some", () -> admin.listConfigResources(
            Set.of(ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER_LOGGER), new ListConfigResourcesOptions()));
        call("listClientMetricsResources", () -> admin.listClientMetricsResources());
    }

    private static void cluster(Admin admin) throws Exception {
        call("describeCluster", () -> admin.describeCluster(
            new DescribeClusterOptions().includeAuthorizedOperations(true).includeFencedBrokers(true)));
        call("describeMetadataQuorum", () -> admin.describeMetadataQuorum());
        call("describeFeatures", () -> admin.describeFeatures());
        call("updateFeatures", () -> admin.updateFeatures(
            Map.of("group.version", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)),
            new UpdateFeaturesOptions()));
        call("updateFeatures refused", () -> admin.updateFeatures(
            Map.of("nope", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE)),
            new UpdateFeaturesOptions().validateOnly(true)));
        call("unregisterBroker", () -> admin.unregisterBroker(7));
        ClientQuotaEntity alice = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "alice"));
        call("alterClientQuotas", () -> admin.alterClientQuotas(List.of(
            new ClientQuotaAlteration(alice, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1000.0))))));
        call("alterClientQuotas refused", () -> admin.alterClientQuotas(List.of(
            new ClientQuotaAlteration(alice, List.of(new ClientQuotaAlteration.Op("bogus", 1.0))))));
        call("describeClientQuotas", () -> admin.describeClientQuotas(ClientQuotaFilter.all()));
        call("alterUserScramCredentials", () -> admin.alterUserScramCredentials(List.of(
            new UserScramCredentialUpsertion("bob", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 8192), "x"),
            new UserScramCredentialDeletion("nobody", ScramMechanism.SCRAM_SHA_512))));
        call("describeUserScramCredentials", () -> admin.describeUserScramCredentials());
        call("describeUserScramCredentials of", () -> admin.describeUserScramCredentials(List.of("bob", "nobody")));
        AclBinding acl = new AclBinding(new ResourcePattern(ResourceType.TOPIC, "t", PatternType.LITERAL),
            new AccessControlEntry("User:a", "*", AclOperation.READ, AclPermissionType.ALLOW));
        call("describeAcls", () -> admin.describeAcls(AclBindingFilter.ANY));
        call("createAcls", () -> admin.createAcls(List.of(acl)));
        call("deleteAcls", () -> admin.deleteAcls(List.of(acl.toFilter())));
        call("createDelegationToken", () -> admin.createDelegationToken());
        call("renewDelegationToken", () -> admin.renewDelegationToken(new byte[] {1}));
        call("expireDelegationToken", () -> admin.expireDelegationToken(new byte[] {1}));
        call("describeDelegationToken", () -> admin.describeDelegationToken());
        call("clientInstanceId", () -> admin.clientInstanceId(Duration.ofSeconds(2)));
        call("addRaftVoter", () -> admin.addRaftVoter(9, new Uuid(1, 2), Set.of()));
        call("removeRaftVoter", () -> admin.removeRaftVoter(9, new Uuid(1, 2)));
        call("metrics", () -> !admin.metrics().isEmpty());
        call("registerMetricForSubscription", () -> {
            admin.registerMetricForSubscription(null);
            return "done";
        });
        call("unregisterMetricFromSubscription", () -> {
            admin.unregisterMetricFromSubscription(null);
            return "done";
        });
    }

    private static void groups(Admin admin) throws Exception {
        TopicPartition first = new TopicPartition("t", 0);
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(first, new OffsetAndMetadata(5, "note"));
        call("alterConsumerGroupOffsets", () -> admin.alterConsumerGroupOffsets("group", offsets));
        call("listGroups", () -> admin.listGroups());
        call("listConsumerGroups", () -> admin.listConsumerGroups());
        call("describeConsumerGroups", () -> admin.describeConsumerGroups(List.of("group", "nope")));
        call("describeClassicGroups", () -> admin.describeClassicGroups(List.of("group", "nope")));
        call("listConsumerGroupOffsets", () -> admin.listConsumerGroupOffsets("group"));
        call("listConsumerGroupOffsets nobody", () -> admin.listConsumerGroupOffsets("nope"));
        call("removeMembersFromConsumerGroup", () -> admin.removeMembersFromConsumerGroup(
            "group", new RemoveMembersFromConsumerGroupOptions(
                List.of(new MemberToRemove("nobody")))));
        call("deleteConsumerGroupOffsets", () -> admin.deleteConsumerGroupOffsets("group", Set.of(first)));
        call("deleteConsumerGroups", () -> admin.deleteConsumerGroups(List.of("group", "nope")));
        // Streams and share groups.
        call("alterStreamsGroupOffsets", () -> admin.alterStreamsGroupOffsets("sgroup", offsets));
        call("listStreamsGroupOffsets", () -> admin.listStreamsGroupOffsets(
            Map.of("sgroup", new ListStreamsGroupOffsetsSpec())));
        call("deleteStreamsGroupOffsets", () -> admin.deleteStreamsGroupOffsets("sgroup", Set.of(first)));
        call("deleteStreamsGroups", () -> admin.deleteStreamsGroups(List.of("sgroup")));
        call("describeStreamsGroups", () -> admin.describeStreamsGroups(List.of("nope")));
        call("describeShareGroups", () -> admin.describeShareGroups(List.of("nope")));
        call("listShareGroupOffsets", () -> admin.listShareGroupOffsets(
            Map.of("nope", new ListShareGroupOffsetsSpec())));
        call("alterShareGroupOffsets", () -> admin.alterShareGroupOffsets("nope", Map.of(first, 1L)));
        call("deleteShareGroupOffsets", () -> admin.deleteShareGroupOffsets("nope", Set.of("t")));
        call("deleteShareGroups", () -> admin.deleteShareGroups(List.of("nope")));
    }

    private static void transactions(Admin admin) throws Exception {
        call("fenceProducers", () -> admin.fenceProducers(List.of("fenced")));
        call("listTransactions", () -> admin.listTransactions());
        call("describeTransactions", () -> admin.describeTransactions(List.of("nope")));
        call("abortTransaction", () -> admin.abortTransaction(
            new AbortTransactionSpec(new TopicPartition("t", 0), 4711, (short) 0, 0)));
        call("forceTerminateTransaction", () -> admin.forceTerminateTransaction("fenced"));
        call("forceTerminateTransaction nobody", () -> admin.forceTerminateTransaction("nope"));
    }

    public static void main(String[] arguments) throws Exception {
        Admin admin = recording(Admin.create(Map.of(
            "bootstrap.servers", (Object) arguments[0], "default.api.timeout.ms", 8000, "request.timeout.ms", 5000)));
        topics(admin);
        records(admin, arguments[0]);
        directories(admin, arguments[1]);
        configs(admin);
        cluster(admin);
        groups(admin);
        transactions(admin);
        call("deleteTopics", () -> admin.deleteTopics(List.of("assigned", "nope")));
        admin.close(Duration.ofSeconds(5));
        Set<String> left = new TreeSet<>();
        for (Method method : Admin.class.getMethods())
            if (!Modifier.isStatic(method.getModifiers())) left.add(method.getName());
        left.removeAll(CALLED);
        say("methods not called", left.toString());
    }
}
