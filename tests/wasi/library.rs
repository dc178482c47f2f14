// Rust's standard library at work: arguments, variables, lines, maps (which want random bytes), time, exit code.
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    println!("arguments {:?}", arguments);
    println!("GREETING {:?}", std::env::var("GREETING").ok());

    let mut counts: HashMap<String, usize> = HashMap::new();
    for line in io::stdin().lock().lines() {
        for word in line.expect("a line").split_whitespace() {
            *counts.entry(word.to_string()).or_insert(0) += 1;
        }
    }
    let sorted: BTreeMap<_, _> = counts.into_iter().collect();
    for (word, count) in &sorted {
        println!("{word} {count}");
    }

    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    println!("slept {}", start.elapsed() >= Duration::from_millis(5));
    println!("after 2020 {}", SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() > 1_577_836_800);
    println!("file {:?}", std::fs::read("absent").is_err());

    let floats: Vec<f64> = (1..=5).map(|number| (number as f64).sqrt()).collect();
    println!("{:.6?}", floats);
    io::stdout().flush().expect("flush");
    eprintln!("to standard error");
    std::process::exit(21);
}
