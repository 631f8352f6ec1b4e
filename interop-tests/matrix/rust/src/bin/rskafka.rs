// SPDX-License-Identifier: Apache-2.0
//! rskafka, a client in Rust alone, for the matrix; lib.rs says what a program is. It is minimal by design:
//! one partition at a time, no groups, no transactions.

use chrono::{DateTime, Utc};
use matrix::{cannot, data, headers, large, nulls, plain, same, same_set, Pair, TIME};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use std::future::Future;

fn wait<T>(task: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(task)
}

async fn client(bootstrap: &str) -> Client {
    ClientBuilder::new(vec![bootstrap.to_string()]).build().await.unwrap()
}

async fn partition(bootstrap: &str, topic: &str, partition: i32) -> PartitionClient {
    let of = client(bootstrap).await;
    of.partition_client(topic, partition, UnknownTopicHandling::Retry).await.unwrap()
}

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

fn records(pairs: &[Pair]) -> Vec<Record> {
    let record = |pair: &Pair| Record {
        key: pair.0.clone(), value: pair.1.clone(), headers: Default::default(), timestamp: at(TIME) };
    pairs.iter().map(record).collect()
}

async fn write(bootstrap: &str, topic: &str, records: Vec<Record>, compression: Compression) {
    partition(bootstrap, topic, 0).await.produce(records, compression).await.unwrap();
}

/// All from that offset on.
async fn read(bootstrap: &str, topic: &str, number: i32, mut offset: i64) -> Vec<Record> {
    let (of, mut got) = (partition(bootstrap, topic, number).await, vec![]);
    loop {
        let (some, _) = of.fetch_records(offset, 1..10_000_000, 300).await.unwrap();
        let Some(last) = some.last() else { return got };
        offset = last.offset + 1;
        got.extend(some.into_iter().map(|each| each.record));
    }
}

fn pairs(records: &[Record]) -> Vec<Pair> {
    records.iter().map(|each| Pair(each.key.clone(), each.value.clone())).collect()
}

async fn codec(bootstrap: &str, topic: &str, name: &str) {
    let kind = match name {
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        _ => Compression::NoCompression,
    };
    write(bootstrap, topic, records(&plain(0, 100)), kind).await;
    for each in [topic, &format!("source.{name}")] {
        same(&pairs(&read(bootstrap, each, 0, 0).await), &plain(0, 100));
    }
}

async fn consume(bootstrap: &str) {
    let mut got = vec![];
    for number in 0..4 {
        let some = read(bootstrap, "source.parts", number, 0).await;
        assert!(!some.is_empty(), "nothing in partition {number}");
        got.extend(some);
    }
    same_set(pairs(&got), plain(0, 100));
    same(&pairs(&read(bootstrap, "source.none", 0, 50).await), &plain(50, 100));
}

async fn read_committed(bootstrap: &str) {
    let wanted: Vec<Pair> = plain(10, 20).into_iter().map(|pair| Pair(None, pair.1)).collect();
    same(&pairs(&read(bootstrap, "source.txn", 0, 0).await), &wanted);
}

async fn admin(bootstrap: &str, topic: &str) {
    let (of, gone) = (client(bootstrap).await, format!("{topic}-gone"));
    let controller = of.controller_client().unwrap();
    controller.create_topic(topic, 3, 1, 30_000).await.unwrap();
    controller.create_topic(&gone, 1, 1, 30_000).await.unwrap();
    let all = of.list_topics().await.unwrap();
    assert!(all.iter().any(|each| each.name == topic && each.partitions.len() == 3), "not three partitions");
    controller.delete_topic(&gone, 30_000).await.unwrap();
    assert!(of.list_topics().await.unwrap().iter().all(|each| each.name != gone), "still listed");
    cannot("creates, describes and deletes topics; has no configs");
}

async fn offset(bootstrap: &str, topic: &str, of: OffsetAt) -> i64 {
    partition(bootstrap, topic, 0).await.get_offset(of).await.unwrap()
}

async fn offsets_for_time(bootstrap: &str) {
    for (wait, wanted) in [(4500, 5), (99999, -1)] {
        let found = offset(bootstrap, "source.times", OffsetAt::Timestamp(at(TIME + wait))).await;
        assert!(found == wanted, "{found}");
    }
}

async fn with_headers(bootstrap: &str, topic: &str) {
    let mut record = records(&plain(0, 1)).remove(0);
    record.headers = headers().into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    write(bootstrap, topic, vec![record.clone()], Compression::NoCompression).await;
    assert!(read(bootstrap, topic, 0, 0).await[0].headers == record.headers, "other headers");
    assert!(record.headers.len() == headers().len() - 1, "it holds two of one name: write this test");
    cannot("headers are a map: there and back, but no two of one name");
}

async fn create_time(bootstrap: &str, topic: &str) {
    let mut record = records(&[Pair(None, data("x"))]).remove(0);
    record.timestamp = at(TIME + 123);
    write(bootstrap, topic, vec![record.clone()], Compression::NoCompression).await;
    assert!(read(bootstrap, topic, 0, 0).await[0].timestamp == record.timestamp, "another time");
}

async fn there_and_back(bootstrap: &str, topic: &str, wanted: Vec<Pair>) {
    write(bootstrap, topic, records(&wanted), Compression::NoCompression).await;
    same(&pairs(&read(bootstrap, topic, 0, 0).await), &wanted);
}

fn feature(bootstrap: &str, topic: &str, name: &str) {
    wait(async {
        match name {
            "consume" => consume(bootstrap).await,
            "group-classic" | "group-consumer" | "commit" => cannot("no groups"),
            "transactions" | "txn-offsets" | "idempotence" => cannot("no producer ids"),
            "read-committed" => read_committed(bootstrap).await,
            "admin" => admin(bootstrap, topic).await,
            "list-offsets" => {
                let first = offset(bootstrap, "source.none", OffsetAt::Earliest).await;
                let end = offset(bootstrap, "source.none", OffsetAt::Latest).await;
                assert!((first, end) == (0, 100), "{first} and {end}");
            }
            "headers" => with_headers(bootstrap, topic).await,
            "create-time" => create_time(bootstrap, topic).await,
            "offsets-for-time" => offsets_for_time(bootstrap).await,
            "large" => there_and_back(bootstrap, topic, large()).await,
            "nulls" => there_and_back(bootstrap, topic, nulls()).await,
            codec_name => codec(bootstrap, topic, codec_name).await,
        }
    })
}

fn main() {
    matrix::run(feature);
}
