//! yrs: the port of Yjs.

use crate::harness::{Laps, Made, Task};
use crate::input::{die, read_file, read_log, read_trace};
use yrs::block::ClientID;
use yrs::updates::decoder::Decode;
use yrs::{
    diff_updates_v1, encode_state_vector_from_update_v1, merge_updates_v1, Doc, GetString, OffsetKind, Options, ReadTxn,
    StateVector, Text, Transact, Update,
};

const EDITOR: u64 = 2119614686;

// No text of the traces has characters outside the basic plane, so that UTF-16 units are code points.
fn empty() -> Doc {
    let mut options = Options::with_client_id(ClientID::new(EDITOR));
    options.offset_kind = OffsetKind::Utf16;
    Doc::with_options(options)
}

fn apply(doc: &Doc, update: &[u8], encoding: &str) {
    let update = match encoding {
        "v1" => Update::decode_v1(update),
        "v2" => Update::decode_v2(update),
        _ => die("encoding: v1 or v2"),
    };
    doc.transact_mut().apply_update(update.expect("an update")).expect("an update that can be applied");
}

fn loaded(update: &[u8], encoding: &str) -> Doc {
    let doc = empty();
    doc.get_or_insert_text("text");
    apply(&doc, update, encoding);
    doc
}

fn made(doc: Doc, laps: &mut Laps, part: &'static str) -> Made {
    laps.lap(part);
    let text = doc.get_or_insert_text("text").get_string(&doc.transact());
    laps.lap("text");
    Made { _doc: Some(Box::new(doc)), text: Some(text), ..Made::default() }
}

fn bytes(out: Vec<u8>) -> Made {
    Made { out: Some(out), ..Made::default() }
}

pub fn task(operation: &str, words: &[String]) -> Option<Task> {
    let mut expected = None;
    let run: Box<dyn FnMut(&mut Laps) -> Made> = match operation {
        "local" => {
            let trace = read_trace(&words[0]);
            expected = Some(trace.end.clone());
            Box::new(move |laps| {
                let doc = empty();
                let text = doc.get_or_insert_text("text");
                for patches in &trace.transactions {
                    let mut txn = doc.transact_mut();
                    for patch in patches {
                        if patch.deleted > 0 {
                            text.remove_range(&mut txn, patch.position as u32, patch.deleted as u32);
                        }
                        if !patch.inserted.is_empty() {
                            text.insert(&mut txn, patch.position as u32, &patch.inserted);
                        }
                    }
                }
                made(doc, laps, "edit")
            })
        }
        "remote" => {
            expected = Some(read_trace(&words[0]).end);
            let log = read_log(&words[1]);
            Box::new(move |laps| {
                let doc = empty();
                doc.get_or_insert_text("text");
                for update in &log {
                    apply(&doc, update, "v1");
                }
                made(doc, laps, "apply")
            })
        }
        "load" => {
            let (update, encoding) = (read_file(&words[0]), words[1].clone());
            Box::new(move |laps| made(loaded(&update, &encoding), laps, "apply"))
        }
        "encode" => {
            let (doc, v1) = (loaded(&read_file(&words[0]), &words[1]), words[1] == "v1");
            Box::new(move |_| {
                let txn = doc.transact();
                let everything = StateVector::default();
                bytes(if v1 { txn.encode_state_as_update_v1(&everything) } else { txn.encode_state_as_update_v2(&everything) })
            })
        }
        "docdiff" => {
            let (doc, vector) = (loaded(&read_file(&words[0]), "v1"), read_file(&words[1]));
            Box::new(move |_| {
                let vector = StateVector::decode_v1(&vector).expect("a state vector");
                bytes(doc.transact().encode_state_as_update_v1(&vector))
            })
        }
        "mergeupdates" => {
            let mut log = read_log(&words[0]);
            log.truncate(words[1].parse().expect("a count"));
            Box::new(move |_| bytes(merge_updates_v1(&log).expect("updates")))
        }
        "diff" => {
            let (update, vector) = (read_file(&words[0]), read_file(&words[1]));
            Box::new(move |_| bytes(diff_updates_v1(&update, &vector).expect("an update")))
        }
        "svfrom" => {
            let update = read_file(&words[0]);
            Box::new(move |_| bytes(encode_state_vector_from_update_v1(&update).expect("an update")))
        }
        _ => return None,
    };
    Some(Task { run, expected })
}
