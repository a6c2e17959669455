//! Times an operation as the benchmark contract says, and prints its one line of JSON.

use serde_json::{json, Map, Value};
use sha2::{Digest, Sha256};
use std::any::Any;
use std::time::Instant;

/// What one timed run made. Dropped outside the clock.
#[derive(Default)]
pub struct Made {
    pub _doc: Option<Box<dyn Any>>,
    pub text: Option<String>,
    pub out: Option<Vec<u8>>,
}

/// The clock of one run.
pub struct Laps {
    last: Instant,
    parts_ms: Vec<(&'static str, f64)>,
}

impl Laps {
    pub fn lap(&mut self, part: &'static str) {
        let now = Instant::now();
        self.parts_ms.push((part, (now - self.last).as_secs_f64() * 1e3));
        self.last = now;
    }
}

pub struct Task {
    pub run: Box<dyn FnMut(&mut Laps) -> Made>,
    /// What the text must be at the end, where that is known.
    pub expected: Option<String>,
}

fn setting(name: &str, otherwise: f64) -> f64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

fn sha256(data: &[u8]) -> String {
    Sha256::digest(data).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn heap_bytes() -> usize {
    unsafe {
        libc::malloc_trim(0);
        let info = libc::mallinfo2();
        info.uordblks + info.hblkhd
    }
}

/// Processor time of this thread: on a busy machine the better measure.
fn cpu_ms() -> f64 {
    let mut now: libc::timespec = unsafe { std::mem::zeroed() };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

struct Timed {
    made: Made,
    ms: f64,
    cpu_ms: f64,
    parts_ms: Vec<(&'static str, f64)>,
}

fn timed(task: &mut Task) -> Timed {
    let (begin, begin_cpu_ms) = (Instant::now(), cpu_ms());
    let mut laps = Laps { last: begin, parts_ms: Vec::new() };
    let made = (task.run)(&mut laps);
    let ms = begin.elapsed().as_secs_f64() * 1e3;
    Timed { made, ms, cpu_ms: cpu_ms() - begin_cpu_ms, parts_ms: laps.parts_ms }
}

fn describe(made: &Made, report: &mut Map<String, Value>) {
    if let Some(text) = &made.text {
        report.insert("sha256".into(), json!(sha256(text.as_bytes())));
        report.insert("len16".into(), json!(text.encode_utf16().count()));
        report.insert("len8".into(), json!(text.len()));
    }
    if let Some(out) = &made.out {
        report.insert("out_bytes".into(), json!(out.len()));
        report.insert("out_sha256".into(), json!(sha256(out)));
    }
}

/// Runs the task once cold, then warm as the environment says, and prints the report. Returns the exit status.
pub fn measure(peer: &str, version: &str, mut task: Task) -> i32 {
    let mut report = Map::new();
    report.insert("peer".into(), json!(peer));
    report.insert("version".into(), json!(version));
    let heap_before = heap_bytes();
    let Timed { made: first, ms, cpu_ms, .. } = timed(&mut task);
    report.insert("cold_ms".into(), json!(ms));
    report.insert("cold_cpu_ms".into(), json!(cpu_ms));
    if std::env::var("BENCH_MEM").is_ok() {
        let given = first.text.as_ref().map_or(0, |text| text.capacity()) + first.out.as_ref().map_or(0, |out| out.capacity());
        report.insert("retained_kb".into(), json!(heap_bytes().saturating_sub(heap_before + given) / 1024));
    }
    let ok = task.expected.is_none() || task.expected == first.text;
    describe(&first, &mut report);
    drop(first);

    let runs = setting("BENCH_RUNS", 5.0) as usize;
    if runs > 0 {
        let (warm_ms, measure_ms) = (setting("BENCH_WARM_MS", 100.0), setting("BENCH_MEASURE_MS", 300.0));
        let mut spent_ms = 0.0;
        while spent_ms < warm_ms {
            spent_ms += timed(&mut task).ms;
        }
        let (mut times, mut cpu_times, mut parts) = (Vec::new(), Vec::new(), Vec::<(&str, Vec<f64>)>::new());
        spent_ms = 0.0;
        while times.len() < runs || spent_ms < measure_ms {
            let run = timed(&mut task);
            spent_ms += run.ms;
            times.push(run.ms);
            cpu_times.push(run.cpu_ms);
            for (i, (part, lap_ms)) in run.parts_ms.into_iter().enumerate() {
                if i == parts.len() {
                    parts.push((part, Vec::new()));
                }
                parts[i].1.push(lap_ms);
            }
        }
        let parts: Map<String, Value> = parts.iter().map(|(part, laps)| (part.to_string(), json!(median(laps)))).collect();
        report.insert("median_ms".into(), json!(median(&times)));
        report.insert("min_ms".into(), json!(times.iter().copied().fold(f64::INFINITY, f64::min)));
        report.insert("max_ms".into(), json!(times.iter().copied().fold(0.0, f64::max)));
        report.insert("parts_ms".into(), Value::Object(parts));
        report.insert("runs_ms".into(), json!(times));
        report.insert("runs_cpu_ms".into(), json!(cpu_times));
    }
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    report.insert("maxrss_kb".into(), json!(usage.ru_maxrss));
    report.insert("ok".into(), json!(ok));
    println!("{}", Value::Object(report));
    if ok { 0 } else { 1 }
}
