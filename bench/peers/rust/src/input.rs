//! The files that benchmarks read, outside the clock.

use std::io::Read;

pub fn die(line: &str) -> ! {
    eprintln!("peers: {line}");
    std::process::exit(1)
}

/// The whole file, unpacked if its name ends in .gz.
pub fn read_file(path: &str) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap_or_else(|error| die(&format!("{path}: {error}")));
    if !path.ends_with(".gz") {
        return packed;
    }
    let mut data = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut data).unwrap_or_else(|error| die(&format!("{path}: {error}")));
    data
}

/// At `position` delete `deleted` code points, then insert `inserted`.
pub struct Patch {
    pub position: usize,
    pub deleted: usize,
    pub inserted: String,
}

pub struct Trace {
    pub transactions: Vec<Vec<Patch>>,
    pub end: String,
}

pub fn read_trace(path: &str) -> Trace {
    let json: serde_json::Value =
        serde_json::from_slice(&read_file(path)).unwrap_or_else(|error| die(&format!("{path}: {error}")));
    let patch = |change: &serde_json::Value| Patch {
        position: change[0].as_u64().unwrap() as usize,
        deleted: change[1].as_u64().unwrap() as usize,
        inserted: change[2].as_str().unwrap().to_string(),
    };
    let transactions = json["txns"].as_array().unwrap().iter();
    Trace {
        transactions: transactions.map(|txn| txn["patches"].as_array().unwrap().iter().map(patch).collect()).collect(),
        end: json["endContent"].as_str().unwrap().to_string(),
    }
}

/// u32le count, then count × (u32le length, bytes).
pub fn read_log(path: &str) -> Vec<Vec<u8>> {
    let data = read_file(path);
    let number = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 4;
    (0..number(0))
        .map(|_| {
            let length = number(at);
            at += 4 + length;
            data[at - length..at].to_vec()
        })
        .collect()
}
