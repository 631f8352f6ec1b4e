// SPDX-License-Identifier: Apache-2.0
//! rdkafka (librdkafka, built from its own source) for the matrix; lib.rs says what a program is.

use futures_executor::block_on;
use matrix::{headers, large, nulls, plain, same, same_set, Pair, TIME};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(30);
type Settings<'a> = &'a [(&'a str, &'a str)];

fn config(bootstrap: &str, settings: Settings) -> ClientConfig {
    let mut made = ClientConfig::new();
    made.set("bootstrap.servers", bootstrap);
    for (name, value) in settings {
        made.set(*name, *value);
    }
    made
}

fn producer(bootstrap: &str, settings: Settings) -> BaseProducer {
    config(bootstrap, settings).create().unwrap()
}

fn send(to: &BaseProducer, topic: &str, pairs: &[Pair]) {
    for Pair(key, value) in pairs {
        let mut record = BaseRecord::<[u8], [u8]>::to(topic);
        if let Some(key) = key {
            record = record.key(key);
        }
        if let Some(value) = value {
            record = record.payload(value);
        }
        to.send(record).map_err(|(problem, _)| problem).unwrap();
    }
    to.flush(LONG).unwrap();
}

fn consumer(bootstrap: &str, settings: Settings) -> BaseConsumer {
    let mut all = vec![("auto.offset.reset", "earliest"), ("enable.auto.commit", "false"),
                       ("fetch.wait.max.ms", "100"), ("group.id", "none")];
    all.extend_from_slice(settings);
    config(bootstrap, &all).create().unwrap()
}

fn take(from: &BaseConsumer, into: &mut Vec<OwnedMessage>, wait_ms: u64) {
    if let Some(message) = from.poll(Duration::from_millis(wait_ms)) {
        into.push(message.unwrap().detach());
    }
}

/// At least that many, and what comes within a moment more.
fn poll(from: &BaseConsumer, count: usize) -> Vec<OwnedMessage> {
    let (mut got, begin) = (vec![], Instant::now());
    while got.len() < count && begin.elapsed().as_secs() < 20 {
        take(from, &mut got, 100);
    }
    let enough = Instant::now();
    while enough.elapsed().as_millis() < 200 {
        take(from, &mut got, 50);
    }
    got
}

fn pairs(messages: &[OwnedMessage]) -> Vec<Pair> {
    let owned = |data: Option<&[u8]>| data.map(|bytes| bytes.to_vec());
    messages.iter().map(|each| Pair(owned(each.key()), owned(each.payload()))).collect()
}

fn offsets(topic: &str, partitions: i32, offset: Offset) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, offset).unwrap();
    }
    list
}

fn read(bootstrap: &str, topic: &str, count: usize, settings: Settings) -> Vec<OwnedMessage> {
    let from = consumer(bootstrap, settings);
    from.assign(&offsets(topic, 1, Offset::Beginning)).unwrap();
    poll(&from, count)
}

fn committed(bootstrap: &str, topic: &str, count: usize) -> Vec<Pair> {
    pairs(&read(bootstrap, topic, count, &[("isolation.level", "read_committed")]))
}

fn codec(bootstrap: &str, topic: &str, name: &str) {
    let to = producer(bootstrap, &[("compression.type", name), ("linger.ms", "20")]);
    send(&to, topic, &plain(0, 100));
    for each in [topic, &format!("source.{name}")] {
        same(&pairs(&read(bootstrap, each, 100, &[])), &plain(0, 100));
    }
}

fn consume(bootstrap: &str) {
    let from = consumer(bootstrap, &[]);
    from.assign(&offsets("source.parts", 4, Offset::Beginning)).unwrap();
    let got = poll(&from, 100);
    assert!((0..4).all(|partition| got.iter().any(|each| each.partition() == partition)), "not four");
    same_set(pairs(&got), plain(0, 100));
    from.assign(&offsets("source.none", 1, Offset::Offset(50))).unwrap();
    same(&pairs(&poll(&from, 50)), &plain(50, 100));
}

fn group(bootstrap: &str, topic: &str, protocol: &str) {
    let settings = [("group.id", topic), ("group.protocol", protocol)];
    let members = [consumer(bootstrap, &settings), consumer(bootstrap, &settings)];
    for each in &members {
        each.subscribe(&[topic]).unwrap();
    }
    let (mut got, begin) = (vec![], Instant::now());
    while members.iter().any(|each| each.assignment().unwrap().count() != 2) {
        assert!(begin.elapsed().as_secs() < 40, "not two partitions each");
        members.iter().for_each(|each| take(each, &mut got, 50));
    }
    send(&producer(bootstrap, &[]), topic, &plain(0, 100));
    while got.len() < 100 {
        assert!(begin.elapsed().as_secs() < 40, "{} records", got.len());
        members.iter().for_each(|each| take(each, &mut got, 10));
    }
    same_set(pairs(&got), plain(0, 100));
    for each in &members {
        each.commit_consumer_state(CommitMode::Sync).unwrap();
    }
}

fn commit(bootstrap: &str, topic: &str) {
    for first in [0, 50] {
        let member = consumer(bootstrap, &[("group.id", topic)]);
        member.subscribe(&["source.none"]).unwrap();
        same(&pairs(&poll(&member, 100 - first)), &plain(first, 100));
        if first == 0 {
            member.commit(&offsets("source.none", 1, Offset::Offset(50)), CommitMode::Sync).unwrap();
        }
    }
}

fn transactions(bootstrap: &str, topic: &str) {
    let to = producer(bootstrap, &[("transactional.id", topic)]);
    to.init_transactions(LONG).unwrap();
    for first in [0, 10] {
        to.begin_transaction().unwrap();
        send(&to, topic, &plain(first, first + 10));
        if first == 0 { to.abort_transaction(LONG).unwrap() } else { to.commit_transaction(LONG).unwrap() }
    }
    same(&committed(bootstrap, topic, 10), &plain(10, 20));
}

fn transaction_offsets(bootstrap: &str, topic: &str) {
    let member = consumer(bootstrap, &[("group.id", topic)]);
    member.subscribe(&["source.none"]).unwrap();
    let got = poll(&member, 100);
    let to = producer(bootstrap, &[("transactional.id", topic)]);
    to.init_transactions(LONG).unwrap();
    to.begin_transaction().unwrap();
    send(&to, topic, &pairs(&got[..10]));
    let list = offsets("source.none", 1, Offset::Offset(10));
    to.send_offsets_to_transaction(&list, &member.group_metadata().unwrap(), LONG).unwrap();
    to.commit_transaction(LONG).unwrap();
    same(&committed(bootstrap, topic, 10), &plain(0, 10));
}

fn read_committed(bootstrap: &str) {
    for (level, first) in [("read_committed", 10), ("read_uncommitted", 0)] {
        let got = pairs(&read(bootstrap, "source.txn", 20 - first, &[("isolation.level", level)]));
        let wanted: Vec<Pair> = plain(first, 20).into_iter().map(|pair| Pair(None, pair.1)).collect();
        same(&got, &wanted);
    }
}

fn admin(bootstrap: &str, topic: &str) {
    let of: AdminClient<DefaultClientContext> = config(bootstrap, &[]).create().unwrap();
    let (options, gone) = (AdminOptions::new(), format!("{topic}-gone"));
    let wanted = [NewTopic::new(topic, 3, TopicReplication::Fixed(1)).set("retention.ms", "1000000"),
                  NewTopic::new(&gone, 1, TopicReplication::Fixed(1))];
    for done in block_on(of.create_topics(&wanted, &options)).unwrap() {
        done.unwrap();
    }
    let metadata = of.inner().fetch_metadata(Some(topic), LONG).unwrap();
    assert!(metadata.topics()[0].partitions().len() == 3, "not three partitions");
    let resource = ResourceSpecifier::Topic(topic);
    let change = AlterConfig::new(resource).set("retention.ms", "2000000");
    block_on(of.alter_configs([&change], &options)).unwrap().remove(0).unwrap();
    let told = block_on(of.describe_configs([&resource], &options)).unwrap().remove(0).unwrap();
    assert!(told.get("retention.ms").unwrap().value.as_deref() == Some("2000000"), "not altered");
    block_on(of.delete_topics(&[&gone], &options)).unwrap().remove(0).unwrap();
    let all = of.inner().fetch_metadata(None, LONG).unwrap();
    assert!(all.topics().iter().all(|each| each.name() != gone), "still listed");
}

fn list_offsets(bootstrap: &str) {
    let found = consumer(bootstrap, &[]).fetch_watermarks("source.none", 0, LONG).unwrap();
    assert!(found == (0, 100), "{found:?}");
}

fn with_headers(bootstrap: &str, topic: &str) {
    let mut all = OwnedHeaders::new();
    for (key, value) in &headers() {
        all = all.insert(Header { key, value: Some(value) });
    }
    let to = producer(bootstrap, &[]);
    let record = BaseRecord::<[u8], [u8]>::to(topic).payload(b"x").headers(all);
    to.send(record).map_err(|(problem, _)| problem).unwrap();
    to.flush(LONG).unwrap();
    let got = read(bootstrap, topic, 1, &[]).remove(0);
    let found: Vec<_> = got.headers().unwrap().iter()
        .map(|each| (each.key.to_string(), each.value.unwrap().to_vec())).collect();
    let wanted: Vec<_> = headers().into_iter().map(|(key, value)| (key.to_string(), value)).collect();
    assert!(found == wanted, "{found:?}");
}

fn create_time(bootstrap: &str, topic: &str) {
    let to = producer(bootstrap, &[]);
    let record = BaseRecord::<[u8], [u8]>::to(topic).payload(b"x").timestamp(TIME + 123);
    to.send(record).map_err(|(problem, _)| problem).unwrap();
    to.flush(LONG).unwrap();
    let found = read(bootstrap, topic, 1, &[])[0].timestamp().to_millis();
    assert!(found == Some(TIME + 123), "{found:?}");
}

fn offsets_for_time(bootstrap: &str) {
    for (wait, wanted) in [(4500, Offset::Offset(5)), (99999, Offset::End)] {
        let asked = offsets("source.times", 1, Offset::Offset(TIME + wait));
        let found = consumer(bootstrap, &[]).offsets_for_times(asked, LONG).unwrap();
        assert!(found.elements()[0].offset() == wanted, "{found:?}");
    }
}

fn feature(bootstrap: &str, topic: &str, name: &str) {
    match name {
        "consume" => consume(bootstrap),
        "group-classic" => group(bootstrap, topic, "classic"),
        "group-consumer" => group(bootstrap, topic, "consumer"),
        "commit" => commit(bootstrap, topic),
        "transactions" => transactions(bootstrap, topic),
        "txn-offsets" => transaction_offsets(bootstrap, topic),
        "read-committed" => read_committed(bootstrap),
        "admin" => admin(bootstrap, topic),
        "list-offsets" => list_offsets(bootstrap),
        "headers" => with_headers(bootstrap, topic),
        "create-time" => create_time(bootstrap, topic),
        "offsets-for-time" => offsets_for_time(bootstrap),
        "large" => {
            send(&producer(bootstrap, &[("message.max.bytes", "8000000")]), topic, &large());
            same(&pairs(&read(bootstrap, topic, 1, &[("fetch.message.max.bytes", "8000000")])), &large());
        }
        "idempotence" => {
            let to = producer(bootstrap, &[("enable.idempotence", "true")]);
            send(&to, topic, &plain(0, 50));
            send(&to, topic, &plain(50, 100));
        }
        "nulls" => {
            send(&producer(bootstrap, &[]), topic, &nulls());
            same(&pairs(&read(bootstrap, topic, 3, &[])), &nulls());
        }
        codec_name => codec(bootstrap, topic, codec_name),
    }
}

fn main() {
    matrix::run(feature);
}
