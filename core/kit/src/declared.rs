//! What plugins declare, as JSON.

use prosector_sdk::declare::{Base, Field, FixedPoint, Kind, Protocol, Role, Setting, SettingValue};
use serde_json::{Map, Value, json};

/// A protocol, as `prosector schema` and the manifest of a package have it.
pub fn declared(protocol: &Protocol) -> Value {
    let Protocol { name, short, title, description, fields, claims, tables, heuristics, settings, stateful, .. } =
        protocol;
    json!({
        "name": name,
        "short": short,
        "title": title,
        "description": description,
        "stateful": stateful,
        "claims": claims.iter().map(|claim| json!({"table": claim.table, "key": claim.key})).collect::<Vec<_>>(),
        "hands_on_by": tables,
        "heuristics": heuristics,
        "settings": settings.iter().map(setting).collect::<Vec<_>>(),
        "fields": fields.iter().map(field).collect::<Vec<_>>(),
    })
}

/// `u16`, `mac`, `bytes`: as in a declaration.
pub fn type_name(f: &Field) -> String {
    let bits = f.width * 8;
    match f.kind {
        Kind::Uint => format!("u{bits}"),
        Kind::Int => format!("i{bits}"),
        Kind::Float => format!("f{}", if f.fixed.is_some() { 64 } else { bits }),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// What is as it mostly is, is left out.
fn field(f: &Field) -> Value {
    let mut object = Map::new();
    let mut say = |key: &str, value: Value, usual: bool| {
        if !usual {
            object.insert(key.into(), value);
        }
    };
    say("name", json!(f.name), false);
    say("type", json!(type_name(f)), false);
    say("title", json!(f.title), false);
    say("description", json!(f.description), f.description.is_empty());
    say("bytes", json!(f.width), f.width == 0);
    say("byte_order", json!("little"), !f.little_endian);
    say("mask", json!(f.mask), f.mask == 0);
    say("scale", json!(f.scale), f.scale == 1);
    if let Some(FixedPoint { signed, divisor, offset }) = f.fixed {
        say("signed", json!(signed), !signed);
        say("divisor", json!(divisor), divisor == 1);
        say("offset", json!(offset), offset == 0);
    }
    let base = match f.base {
        Base::Dec => "decimal",
        Base::Hex => "hexadecimal",
        Base::Oct => "octal",
    };
    say("base", json!(base), f.base == Base::Dec);
    say("unit", json!(f.unit), f.unit.is_empty());
    let names: Vec<Value> = f.names.iter().map(|n| json!({"from": n.from, "to": n.to, "name": n.name})).collect();
    say("names", json!(names), names.is_empty());
    for (key, is) in [
        ("computed", f.computed),
        ("hidden", f.hidden),
        ("trailer", f.trailer),
        ("part", f.part),
        ("from_other_frames", f.linked),
    ] {
        say(key, json!(true), !is);
    }
    say("role", json!(if f.role == Role::Source { "source" } else { "destination" }), f.role == Role::None);
    Value::Object(object)
}

fn setting(s: &Setting) -> Value {
    let mut object = json!({"name": s.name, "description": s.description});
    match &s.default {
        SettingValue::Bool(default) => (object["type"], object["default"]) = (json!("bool"), json!(default)),
        SettingValue::Uint(default) => {
            (object["type"], object["default"]) = (json!("uint"), json!(default));
            (object["min"], object["max"]) = (json!(s.range.0), json!(s.range.1));
        }
        SettingValue::Text(default) => {
            (object["type"], object["default"]) = (json!("text"), json!(default));
            if !s.choices.is_empty() {
                object["choices"] = json!(s.choices);
            }
        }
    }
    object
}
