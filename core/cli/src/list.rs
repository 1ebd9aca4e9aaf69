//! `prosector list`.

use crate::{Dissectors, Failure};
use clap::{Args, ValueEnum};
use prosector_engine::{Origin, Registry};
use prosector_sdk::declare::{Field, Kind};
use serde_json::{Value, json};
use std::io::Write;

/// List what there is.
#[derive(Args)]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    what: What,
    /// As JSON, one array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    dissectors: Dissectors,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Name, title, where the dissector comes from
    Protocols,
    /// Name, type, description
    Fields,
    /// Table, key, owner
    Tables,
    /// File, protocols
    Plugins,
}

/// A row, as columns for people and as an object for programs.
type Row = (Vec<String>, Value);

pub(crate) fn run(args: &ListArgs) -> Result<(), Failure> {
    let registry = args.dissectors.registry()?;
    let rows = match args.what {
        What::Protocols => protocols(&registry),
        What::Fields => fields(&registry),
        What::Tables => tables(&registry),
        What::Plugins => plugins(&registry),
    };
    let text = if args.json {
        let rows: Vec<Value> = rows.into_iter().map(|(_, object)| object).collect();
        format!("{:#}\n", Value::Array(rows))
    } else {
        rows.into_iter().map(|(columns, _)| columns.join("\t") + "\n").collect()
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        // A reader that has seen enough is no error.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::input(format!("standard output: {e}"))),
        _ => Ok(()),
    }
}

fn ids(registry: &Registry) -> impl Iterator<Item = u16> {
    0..registry.len() as u16
}

fn protocols(registry: &Registry) -> Vec<Row> {
    let row = |id| {
        let (p, origin) = (registry.protocol(id), registry.origin(id).to_string());
        let object = json!({
            "name": p.name, "short": p.short, "title": p.title, "description": p.description, "origin": origin,
            "settings": p.settings.iter().map(|s| json!({
                "name": format!("{}.{}", p.name, s.name), "description": s.description,
            })).collect::<Vec<_>>(),
        });
        (vec![p.name.to_string(), p.title.to_string(), origin], object)
    };
    let mut rows: Vec<Row> = ids(registry).map(row).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

fn fields(registry: &Registry) -> Vec<Row> {
    let row = |f: &Field, protocol: &str| {
        let about = if f.description.is_empty() { &f.title } else { &f.description };
        let kind = type_name(f);
        let object = json!({
            "name": f.name, "type": kind, "title": f.title, "description": f.description, "protocol": protocol,
            "unit": f.unit,
            "names": f.names.iter().map(|n| json!({"from": n.from, "to": n.to, "name": n.name})).collect::<Vec<_>>(),
        });
        (vec![f.name.to_string(), kind, about.to_string()], object)
    };
    let mut rows: Vec<Row> = ids(registry)
        .flat_map(|id| registry.protocol(id).fields.iter().map(move |f| (f, &*registry.protocol(id).name)))
        .map(|(f, protocol)| row(f, protocol))
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// `u16`, `mac`, `bytes`: as in a declaration.
fn type_name(f: &Field) -> String {
    let bits = f.width * 8;
    match f.kind {
        Kind::Uint => format!("u{bits}"),
        Kind::Int => format!("i{bits}"),
        Kind::Float => format!("f{bits}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn tables(registry: &Registry) -> Vec<Row> {
    let rows = registry.tables().flat_map(|(table, keys)| {
        keys.iter().map(move |(key, owner)| {
            let (p, origin) = (registry.protocol(owner.protocol), registry.origin(owner.protocol).to_string());
            let object = json!({"table": table, "key": key, "owner": p.name, "origin": origin});
            (vec![table.to_owned(), key.to_string(), p.name.to_string(), origin], object)
        })
    });
    rows.collect()
}

fn plugins(registry: &Registry) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut files: Vec<&str> = Vec::new();
    for id in ids(registry) {
        if let Origin::Plugin(file) = registry.origin(id)
            && !files.contains(&file.as_str())
        {
            files.push(file);
        }
    }
    for file in files {
        let names: Vec<String> = ids(registry)
            .filter(|id| matches!(registry.origin(*id), Origin::Plugin(f) if f == file))
            .map(|id| registry.protocol(id).name.to_string())
            .collect();
        rows.push((vec![file.to_owned(), names.join(",")], json!({"file": file, "protocols": names})));
    }
    rows
}
