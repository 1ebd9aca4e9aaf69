//! What a plugin says of itself, before it is believed.

use prosector_sdk::declare::{Claim, Field, Kind, Protocol, Setting, SettingValue, Text, ValueName};

/// What a plugin says of itself.
pub(crate) struct Description {
    pub name: String,
    pub version: semver::Version,
    /// At least one.
    pub protocols: Vec<Protocol>,
}

/// Protocols of a plugin; what each may declare; bytes that a text may have.
const MAX_PROTOCOLS: usize = 64;
const MAX_FIELDS: usize = 16 << 10;
const MAX_NAMES: usize = 16 << 10;
const MAX_CLAIMS: usize = 4 << 10;
const MAX_TABLES: usize = 256;
const MAX_SETTINGS: usize = 256;
const MAX_TEXT: usize = 4096;

impl Description {
    /// Takes over what a plugin declares, if it keeps to the limits.
    pub(crate) fn new(name: &str, version: &str, protocols: Vec<Protocol>) -> Result<Description, String> {
        if !is_word(name) {
            return Err(format!("{name:?} is no plugin name: lower-case letters, digits, _, - and ."));
        }
        let version = version.parse().map_err(|e| format!("its version {version:?} is not one: {e}"))?;
        if !(1..=MAX_PROTOCOLS).contains(&protocols.len()) {
            return Err(format!("it describes {} protocols; 1 to {MAX_PROTOCOLS} are allowed", protocols.len()));
        }
        let protocols = protocols.into_iter().map(protocol).collect::<Result<_, _>>()?;
        Ok(Description { name: name.to_owned(), version, protocols })
    }
}

fn is_word(n: &str) -> bool {
    !n.is_empty() && n.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c))
}

fn protocol(p: Protocol) -> Result<Protocol, String> {
    let name = p.name;
    if !is_word(&name) || name.contains('.') {
        return Err(format!("{name:?} is no protocol name: lower-case letters, digits, _ and -"));
    }
    for (what, count, most) in [
        ("fields", p.fields.len(), MAX_FIELDS),
        ("value names", p.fields.iter().map(|f| f.names.len()).sum(), MAX_NAMES),
        ("claims", p.claims.len(), MAX_CLAIMS),
        ("tables", p.tables.len(), MAX_TABLES),
        ("heuristics", p.heuristics.len(), MAX_TABLES),
        ("streams", p.streams.len(), MAX_TABLES),
        ("named tables", p.named.len(), MAX_TABLES),
        ("bound tables", p.bound.len(), MAX_TABLES),
        ("settings", p.settings.len(), MAX_SETTINGS),
        ("choices", p.settings.iter().map(|s| s.choices.len()).sum(), MAX_NAMES),
    ] {
        if count > most {
            return Err(format!("{name} declares {count} {what}; {most} are allowed"));
        }
    }
    let field = |f: Field| -> Result<Field, String> {
        let field = field(f)?;
        let below = field.name.strip_prefix(&*name).and_then(|rest| rest.strip_prefix('.'));
        match below {
            Some(rest) if is_word(&rest.to_ascii_lowercase()) => Ok(field),
            _ => Err(format!("field {:?} does not begin with {name:?} and a dot", field.name)),
        }
    };
    let texts = |list: Vec<Text>| list.into_iter().map(text).collect::<Result<Vec<_>, _>>();
    let claim = |c: Claim| Ok(Claim { table: text(c.table)?, key: c.key });
    Ok(Protocol {
        short: text(p.short)?,
        title: text(p.title)?,
        description: text(p.description)?,
        fields: p.fields.into_owned().into_iter().map(field).collect::<Result<Vec<_>, _>>()?.into(),
        claims: p.claims.into_owned().into_iter().map(claim).collect::<Result<Vec<_>, String>>()?.into(),
        tables: texts(p.tables.into_owned())?.into(),
        heuristics: texts(p.heuristics.into_owned())?.into(),
        settings: p.settings.into_owned().into_iter().map(setting).collect::<Result<Vec<_>, _>>()?.into(),
        streams: texts(p.streams.into_owned())?.into(),
        named: texts(p.named.into_owned())?.into(),
        bound: texts(p.bound.into_owned())?.into(),
        stateful: p.stateful,
        name,
    })
}

/// A plugin's text, with control characters taken out, so that it can't reach a terminal.
fn text(text: Text) -> Result<Text, String> {
    match text.len() {
        0..=MAX_TEXT => Ok(text.chars().filter(|c| !c.is_control()).collect::<String>().into()),
        n => Err(format!("a text of {n} bytes; {MAX_TEXT} are allowed")),
    }
}

fn field(f: Field) -> Result<Field, String> {
    if f.width > 8 && matches!(f.kind, Kind::Uint | Kind::Int | Kind::Bool) {
        return Err(format!("field {:?} is a number of {} bytes; 8 are allowed", f.name, f.width));
    }
    if f.fixed.is_some_and(|fixed| fixed.divisor == 0 || f.kind != Kind::Float || f.width > 8) {
        return Err(format!(
            "field {:?}: a fixed point is for floats of at most 8 bytes, and divides by 1 or more",
            f.name
        ));
    }
    let name = |n: ValueName| Ok(ValueName { name: text(n.name)?, ..n });
    Ok(Field {
        name: text(f.name)?,
        title: text(f.title)?,
        description: text(f.description)?,
        unit: text(f.unit)?,
        names: f.names.into_owned().into_iter().map(name).collect::<Result<Vec<_>, String>>()?.into(),
        ..f
    })
}

fn setting(s: Setting) -> Result<Setting, String> {
    let default = match s.default {
        SettingValue::Text(t) => SettingValue::Text(text(t)?),
        other => other,
    };
    let choices = s.choices.into_owned().into_iter().map(text).collect::<Result<Vec<_>, _>>()?.into();
    Ok(Setting { name: text(s.name)?, description: text(s.description)?, default, choices, range: s.range })
}
