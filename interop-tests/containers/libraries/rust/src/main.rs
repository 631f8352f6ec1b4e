// SPDX-License-Identifier: Apache-2.0
// Starts the image by Testcontainers for Rust, says where it listens, ends with standard input.
use std::io::{stdin, Read};
use testcontainers_modules::kafka::apache;
use testcontainers_modules::testcontainers::{runners::SyncRunner, ImageExt};

fn main() {
    let image = std::env::args().nth(1).expect("an image");
    let (name, tag) = image.split_once(':').expect("name:tag");
    let kafka = apache::Kafka::default()
        .with_name(name)
        .with_tag(tag)
        .start()
        .expect("it starts");
    let port = kafka
        .get_host_port_ipv4(apache::KAFKA_PORT)
        .expect("a port");
    println!("bootstrap localhost:{port}");
    let _ = stdin().read_to_end(&mut Vec::new());
}
