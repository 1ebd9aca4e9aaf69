//! `prosector schema`: everything that is declared, for tools.

use crate::{Dissectors, Failure, print};
use clap::Args;
use prosector_engine::Registry;
use serde_json::{Value, json};

/// The number of the form that the output has. It rises when something is taken away or changes its meaning, not when something is
/// added.
const FORM: u32 = 1;

/// Describe protocols and fields as JSON, for tools.
#[derive(Args)]
pub(crate) struct SchemaArgs {
    /// Only these protocols
    #[arg(value_name = "PROTOCOL")]
    protocols: Vec<String>,
    #[command(flatten)]
    dissectors: Dissectors,
}

pub(crate) fn run(args: &SchemaArgs) -> Result<(), Failure> {
    let registry = args.dissectors.load(false)?.registry;
    let mut ids: Vec<u16> = (0..registry.len() as u16).collect();
    if !args.protocols.is_empty() {
        let id =
            |name: &String| registry.find_protocol(name).ok_or_else(|| Failure::usage(registry.unknown_protocol(name)));
        ids = args.protocols.iter().map(id).collect::<Result<_, _>>()?;
    }
    ids.sort_by_key(|&id| &registry.protocol(id).name);
    let protocols: Vec<Value> = ids.iter().map(|&id| protocol(&registry, id)).collect();
    print(&format!("{:#}\n", json!({"schema": FORM, "protocols": protocols})))
}

fn protocol(registry: &Registry, id: u16) -> Value {
    let mut object = prosector_kit::declared(registry.protocol(id));
    object["origin"] = registry.origin(id).to_string().into();
    object
}
