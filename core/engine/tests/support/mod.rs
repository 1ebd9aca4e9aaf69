//! What the tests of the walk share.

use prosector_engine::{Demand, Engine, FaultReport, Registry};
use prosector_sdk::dissector::{Builtin, Dissector};
use prosector_sdk::frame::{Batch, Frame, LinkType};
use prosector_sdk::value::{Word, write_value};
use std::sync::Arc;

pub fn add<D: Dissector>(registry: &mut Registry) {
    registry.add_builtin(&Builtin::of::<D>()).expect("a new name");
}

/// Dissects frames, given as captured bytes and length on the wire, in batches of `size`, and writes each as `protocol(field=value …) …`.
pub fn dissect(
    registry: Registry,
    want: &[&str],
    frames: &[(&[u8], u32)],
    size: usize,
) -> (Vec<String>, Vec<FaultReport>) {
    let registry = Arc::new(registry);
    let mut demand = if want.is_empty() { Demand::tree(&registry) } else { Demand::nothing(&registry) };
    for name in want {
        registry.find_fields(name).expect("a field").iter().for_each(|f| demand.field(*f));
    }
    let mut data = Vec::new();
    let mut list = Vec::new();
    for (i, (bytes, wire_len)) in frames.iter().enumerate() {
        list.push(Frame {
            number: i as u64 + 1,
            time: i as i64,
            start: data.len() as u32,
            len: bytes.len() as u32,
            wire_len: *wire_len,
            link: LinkType(1),
            fcs_len: None,
            interface: None,
            extra: None,
        });
        data.extend_from_slice(bytes);
    }
    let line = |engine: &Engine, i: usize| {
        let mut line = Vec::new();
        for layer in engine.dissection().layers(i, &data).filter(|l| l.protocol() != 0) {
            let protocol = registry.protocol(layer.protocol());
            line.extend_from_slice(format!("{}(", protocol.name).as_bytes());
            for word in layer.fields(protocol) {
                match word {
                    Word::Field { field, value, .. } => {
                        line.extend_from_slice(format!("{}=", field.name.rsplit('.').next().unwrap()).as_bytes());
                        write_value(field, value.get(), &mut line);
                        line.push(b' ');
                    }
                    Word::Diagnostic(d) => line.extend_from_slice(format!("[{}] ", d.code).as_bytes()),
                    Word::End => {}
                }
            }
            line.extend_from_slice(b") ");
        }
        String::from_utf8(line).expect("UTF-8").replace(" )", ")").trim_end().to_owned()
    };
    let mut engine = Engine::new(registry.clone(), demand).expect("an engine");
    let mut lines = Vec::new();
    for frames in list.chunks(size) {
        engine.dissect(&Batch { data: &data, frames, interfaces: &[], extras: &[] });
        lines.extend((0..frames.len()).map(|i| line(&engine, i)));
    }
    (lines, engine.take_faults())
}
