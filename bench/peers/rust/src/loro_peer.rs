//! Loro has a format of its own: what Yjs peers read from a file it makes from the trace, outside the clock.

use crate::harness::{Laps, Made, Task};
use crate::input::{read_trace, Trace};
use loro::{ExportMode, LoroDoc};

fn edit(trace: &Trace, mut committed: impl FnMut(&LoroDoc)) -> LoroDoc {
    let doc = LoroDoc::new();
    let text = doc.get_text("text");
    for patches in &trace.transactions {
        for patch in patches {
            if patch.deleted > 0 {
                text.delete(patch.position, patch.deleted).unwrap();
            }
            if !patch.inserted.is_empty() {
                text.insert(patch.position, &patch.inserted).unwrap();
            }
        }
        doc.commit();
        committed(&doc);
    }
    doc
}

fn made(doc: LoroDoc, laps: &mut Laps, part: &'static str) -> Made {
    laps.lap(part);
    let text = doc.get_text("text").to_string();
    laps.lap("text");
    Made { _doc: Some(Box::new(doc)), text: Some(text), ..Made::default() }
}

pub fn task(operation: &str, words: &[String]) -> Option<Task> {
    if !["local", "remote", "snapshot"].contains(&operation) {
        return None;
    }
    let trace = read_trace(&words[0]);
    let expected = Some(trace.end.clone());
    let run: Box<dyn FnMut(&mut Laps) -> Made> = match operation {
        "local" => Box::new(move |laps| made(edit(&trace, |_| ()), laps, "edit")),
        "remote" => {
            let mut log = Vec::new();
            let mut version = LoroDoc::new().oplog_vv();
            edit(&trace, |doc| {
                log.push(doc.export(ExportMode::updates(&version)).unwrap());
                version = doc.oplog_vv();
            });
            Box::new(move |laps| {
                let doc = LoroDoc::new();
                for update in &log {
                    doc.import(update).unwrap();
                }
                made(doc, laps, "apply")
            })
        }
        _ => {
            let snapshot = edit(&trace, |_| ()).export(ExportMode::Snapshot).unwrap();
            Box::new(move |laps| {
                let doc = LoroDoc::new();
                doc.import(&snapshot).unwrap();
                made(doc, laps, "apply")
            })
        }
    };
    Some(Task { run, expected })
}
