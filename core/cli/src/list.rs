//! `prosector list`.

use crate::{Dissectors, Failure, print};
use clap::{Args, ValueEnum};
use prosector_engine::{Origin, Plugin, Registry};
use prosector_kit::type_name;
use prosector_sdk::declare::{Field, SettingValue};
use serde_json::{Value, json};
use std::sync::Arc;

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
    /// Table, key, owner, where that comes from, why it is the owner
    Tables,
    /// Name, version, file, protocols
    Plugins,
}

/// A row, as columns for people and as an object for programs.
type Row = (Vec<String>, Value);

pub(crate) fn run(args: &ListArgs) -> Result<(), Failure> {
    let registry = args.dissectors.load(true)?.registry;
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
    print(&text)
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
                "name": format!("{}.{}", p.name, s.name), "description": s.description, "default": setting(&s.default),
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

fn setting(value: &SettingValue) -> Value {
    match value {
        SettingValue::Bool(b) => json!(b),
        SettingValue::Uint(n) => json!(n),
        SettingValue::Text(text) => json!(text),
    }
}

fn tables(registry: &Registry) -> Vec<Row> {
    let mut rows: Vec<(String, u64, Row)> = Vec::new();
    let name = |id: u16| registry.protocol(id).name.to_string();
    for (table, keys) in registry.tables() {
        for (&key, owner) in keys {
            let (p, origin) = (name(owner.protocol), registry.origin(owner.protocol).to_string());
            let over: Vec<String> = others(registry, table, key).map(name).collect();
            let why = match over.is_empty() {
                true => owner.why.name().to_owned(),
                false => format!("{}, before {}", owner.why.name(), over.join(", ")),
            };
            let object = json!({
                "table": table, "key": key, "owner": p, "origin": origin, "why": owner.why.name(), "before": over,
            });
            rows.push((table.to_owned(), key, (vec![table.to_owned(), key.to_string(), p, origin, why], object)));
        }
    }
    for absent in registry.absent() {
        for claim in absent.protocol.claims.iter().filter(|c| registry.owner(&c.table, c.key).is_none()) {
            let (p, origin) = (absent.protocol.name.to_string(), absent.origin.to_string());
            let why = format!("{p} is not used: {}", absent.reason);
            let object = json!({
                "table": claim.table, "key": claim.key, "owner": null, "origin": origin, "why": why, "before": [],
            });
            let columns = vec![claim.table.to_string(), claim.key.to_string(), "-".into(), origin, why];
            rows.push((claim.table.to_string(), claim.key, (columns, object)));
        }
    }
    for (table, ids) in registry.heuristics() {
        for (at, &id) in ids.iter().enumerate() {
            let (p, origin, why) =
                (name(id), registry.origin(id).to_string(), format!("heuristic, asked as no. {}", at + 1));
            let object = json!({
                "table": table, "key": null, "owner": p, "origin": origin, "why": why, "before": [],
            });
            let columns = vec![table.to_owned(), "*".into(), p, origin, why];
            rows.push((table.to_owned(), u64::MAX, (columns, object)));
        }
    }
    rows.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    rows.into_iter().map(|(_, _, row)| row).collect()
}

/// Who else claims a key that has an owner.
pub(crate) fn others(registry: &Registry, table: &str, key: u64) -> impl Iterator<Item = u16> {
    registry.clashes().iter().filter(move |c| c.table == table && c.key == key).map(|c| c.other)
}

fn plugins(registry: &Registry) -> Vec<Row> {
    let mut plugins: Vec<(Arc<Plugin>, Vec<String>, Option<String>)> = Vec::new();
    let used = ids(registry).map(|id| (registry.origin(id), registry.protocol(id), None));
    let absent = registry.absent().iter().map(|a| (&a.origin, &a.protocol, Some(a.reason.clone())));
    for (origin, protocol, reason) in used.chain(absent) {
        let Origin::Plugin(plugin) = origin else { continue };
        match plugins.iter_mut().find(|(p, ..)| p == plugin) {
            Some((_, names, _)) => names.push(protocol.name.to_string()),
            None => plugins.push((plugin.clone(), vec![protocol.name.to_string()], reason)),
        }
    }
    let row = |(plugin, names, reason): (Arc<Plugin>, Vec<String>, Option<String>)| {
        let Plugin { name, version, file, .. } = &*plugin;
        let off = reason.as_ref().map(|r| format!("not used: {r}")).unwrap_or_default();
        let object = json!({"name": name, "version": version, "file": file, "protocols": names, "unused": reason});
        let mut columns = vec![name.clone(), version.clone(), file.clone(), names.join(",")];
        columns.extend(Some(off).filter(|off| !off.is_empty()));
        (columns, object)
    };
    plugins.into_iter().map(row).collect()
}
