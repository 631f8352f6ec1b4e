// SPDX-License-Identifier: Apache-2.0
//! What the Rust programs of the matrix share: the records, and a line of JSON for each feature. A feature
//! that cannot go on panics; that is its failure and nobody else's.

use std::panic;

pub const TIME: i64 = 1_600_000_000_000;
pub type Data = Option<Vec<u8>>;

#[derive(Clone, Debug, PartialEq, PartialOrd, Eq, Ord)]
pub struct Pair(pub Data, pub Data);

pub fn data(text: &str) -> Data {
    Some(text.as_bytes().to_vec())
}

pub fn plain(first: usize, end: usize) -> Vec<Pair> {
    let value = |n| data(&format!("v{n} {}", "barnabas ".repeat(20)));
    (first..end).map(|n| Pair(data(&format!("k{n}")), value(n))).collect()
}

pub fn headers() -> Vec<(&'static str, Vec<u8>)> {
    vec![("a", b"1".to_vec()), ("a", b"2".to_vec()), ("b", vec![0, 0xff, 0x10]), ("empty", vec![])]
}

pub fn nulls() -> Vec<Pair> {
    vec![Pair(None, data("no key")), Pair(data("no value"), None), Pair(data(""), data(""))]
}

pub fn large() -> Vec<Pair> {
    vec![Pair(data("k0"), data(&"x".repeat(5_000_000)))]
}

pub fn same(found: &[Pair], wanted: &[Pair]) {
    assert!(found.len() == wanted.len(), "{} records instead of {}", found.len(), wanted.len());
    for (at, (one, other)) in found.iter().zip(wanted).enumerate() {
        assert!(one == other, "record {at} is another one");
    }
}

pub fn same_set(mut found: Vec<Pair>, mut wanted: Vec<Pair>) {
    found.sort();
    wanted.sort();
    same(&found, &wanted);
}

struct Cannot(String);

/// Ends the feature: the client has no such thing.
pub fn cannot(why: &str) -> ! {
    panic::panic_any(Cannot(why.to_string()))
}

fn quoted(text: &str) -> String {
    let plain = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c < ' ' => " ".to_string(),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(plain).collect::<String>())
}

fn outcome(run: impl FnOnce() + panic::UnwindSafe) -> (&'static str, String) {
    let Err(problem) = panic::catch_unwind(run) else {
        return ("pass", String::new());
    };
    match problem.downcast::<Cannot>() {
        Ok(why) => ("cannot", why.0),
        Err(problem) => match problem.downcast::<String>() {
            Ok(text) => ("fail", *text),
            Err(problem) => ("fail", problem.downcast_ref::<&str>().unwrap_or(&"?").to_string()),
        },
    }
}

/// Runs `feature(bootstrap, topic, name)` for each name on the command line.
pub fn run(feature: fn(&str, &str, &str)) {
    panic::set_hook(Box::new(|_| {}));
    let words: Vec<String> = std::env::args().collect();
    for name in &words[3..] {
        let topic = format!("{}.{}", words[2], name);
        let (outcome, detail) = outcome(|| feature(&words[1], &topic, name));
        let said = [name.as_str(), outcome, &detail].map(quoted);
        println!("{{\"feature\":{},\"outcome\":{},\"detail\":{}}}", said[0], said[1], said[2]);
    }
}
