//! Which protocols there are, what their fields are called, and who owns which key of which dispatch table.

use crate::frame;
use prosector_sdk::declare::{Field, Protocol, SettingValue, Settings};
use prosector_sdk::dissector::{Builtin, Vector};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// A field of a protocol, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldRef {
    /// Number of the protocol in its registry.
    pub protocol: u16,
    /// Number of the field in its protocol.
    pub field: u16,
}

/// Where a dissector comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is a part of the engine.
    Engine,
    /// Linked in.
    Builtin,
    /// A plugin; the text is for people and names its file.
    Plugin(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Engine => f.write_str("engine"),
            Origin::Builtin => f.write_str("built-in"),
            Origin::Plugin(file) => f.write_str(file),
        }
    }
}

/// Makes a dissector for one worker; the error is for people.
pub type Factory = Box<dyn Fn() -> Result<Box<dyn Vector>, String> + Send + Sync>;

pub(crate) struct Registered {
    pub protocol: Protocol,
    pub origin: Origin,
    pub settings: Settings,
    pub factory: Option<Factory>,
}

/// Who owns a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The protocol.
    pub protocol: u16,
    /// Which of its claims it was.
    pub claim: u16,
}

/// Two protocols that claim the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The table.
    pub table: String,
    /// The key.
    pub key: u64,
    /// The protocol that has it.
    pub owner: u16,
    /// The protocol that wanted it too.
    pub other: u16,
}

/// Why a protocol could not be added. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError(pub String);

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RegistryError {}

/// The protocols of one run.
pub struct Registry {
    pub(crate) protocols: Vec<Registered>,
    by_protocol: HashMap<String, u16>,
    by_field: HashMap<String, Vec<FieldRef>>,
    pub(crate) tables: BTreeMap<String, BTreeMap<u64, Claimed>>,
    clashes: Vec<Clash>,
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}

impl Registry {
    /// Knows only `frame`, whose number is 0.
    pub fn new() -> Registry {
        let mut registry = Registry {
            protocols: Vec::new(),
            by_protocol: HashMap::new(),
            by_field: HashMap::new(),
            tables: BTreeMap::new(),
            clashes: Vec::new(),
        };
        registry.insert(frame::PROTOCOL.clone(), Origin::Engine, None).expect("the first protocol clashes with none");
        registry
    }

    /// Adds every linked-in dissector but those named in `disabled`. What was added before keeps its keys.
    pub fn add_builtins(&mut self, disabled: &[String]) -> Result<(), RegistryError> {
        let all = Builtin::all();
        if let Some(name) = disabled.iter().find(|name| !all.iter().any(|b| b.protocol.name == **name)) {
            let names = all.iter().map(|b| b.protocol.name.to_string());
            return Err(RegistryError(format!("no built-in dissector is called {name}{}", nearest(name, names))));
        }
        for builtin in all {
            if !disabled.iter().any(|name| *name == builtin.protocol.name) {
                let new = builtin.new;
                self.add(builtin.protocol.clone(), Origin::Builtin, Box::new(move || Ok(new())))?;
            }
        }
        Ok(())
    }

    /// Adds a protocol. A key that has an owner stays with it, and the clash is noted.
    pub fn add(&mut self, protocol: Protocol, origin: Origin, factory: Factory) -> Result<(), RegistryError> {
        self.insert(protocol, origin, Some(factory))
    }

    fn insert(&mut self, protocol: Protocol, origin: Origin, factory: Option<Factory>) -> Result<(), RegistryError> {
        if let Some(&there) = self.by_protocol.get(&*protocol.name) {
            return Err(RegistryError(format!(
                "two dissectors are called {}: one from {origin}, one from {}; disable one of them",
                protocol.name, self.protocols[there as usize].origin,
            )));
        }
        let Ok(id) = u16::try_from(self.protocols.len()) else {
            return Err(RegistryError("more than 65,535 protocols".into()));
        };
        self.by_protocol.insert(protocol.name.to_string(), id);
        for (field, declared) in protocol.fields.iter().enumerate() {
            let field = FieldRef { protocol: id, field: field as u16 };
            self.by_field.entry(declared.name.to_string()).or_default().push(field);
        }
        // Every dissector can be handed to by name: its own table has one key.
        let own = Claimed { protocol: id, claim: u16::MAX };
        self.tables.insert(format!("@{}", protocol.name), BTreeMap::from([(0, own)]));
        for (claim, wanted) in protocol.claims.iter().enumerate() {
            self.claim(&wanted.table, wanted.key, Claimed { protocol: id, claim: claim as u16 });
        }
        let settings = Settings::of(&protocol);
        self.protocols.push(Registered { protocol, origin, settings, factory });
        Ok(())
    }

    fn claim(&mut self, table: &str, key: u64, claimed: Claimed) {
        let keys = self.tables.entry(table.to_owned()).or_default();
        match keys.get(&key) {
            None => {
                keys.insert(key, claimed);
            }
            Some(owner) => self.clashes.push(Clash {
                table: table.to_owned(),
                key,
                owner: owner.protocol,
                other: claimed.protocol,
            }),
        }
    }

    /// Keys that more than one protocol claims.
    pub fn clashes(&self) -> &[Clash] {
        &self.clashes
    }

    /// Changes one setting: `ip.check_checksum`, `true`. The error says what would be right.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), RegistryError> {
        let unknown = |registry: &Registry| {
            let names = registry
                .protocols
                .iter()
                .flat_map(|r| r.protocol.settings.iter().map(|s| format!("{}.{}", r.protocol.name, s.name)));
            RegistryError(format!("unknown setting {name}{}", nearest(name, names)))
        };
        let found = name.rsplit_once('.').and_then(|(protocol, setting)| {
            let id = *self.by_protocol.get(protocol)? as usize;
            Some((id, self.protocols[id].protocol.settings.iter().position(|s| s.name == setting)?))
        });
        let Some((id, at)) = found else { return Err(unknown(self)) };
        let setting = &self.protocols[id].protocol.settings[at];
        let value: SettingValue = setting
            .default
            .parse_like(value)
            .map_err(|right| RegistryError(format!("setting {name} takes {right}, not {value:?}")))?;
        self.protocols[id].settings.0[at].1 = value;
        Ok(())
    }

    /// How many protocols there are; their numbers are below it.
    pub fn len(&self) -> usize {
        self.protocols.len()
    }

    /// Never: there is always `frame`.
    pub fn is_empty(&self) -> bool {
        self.protocols.is_empty()
    }

    /// The declaration of a protocol.
    #[inline]
    pub fn protocol(&self, id: u16) -> &Protocol {
        &self.protocols[id as usize].protocol
    }

    /// Where a protocol's dissector comes from.
    pub fn origin(&self, id: u16) -> &Origin {
        &self.protocols[id as usize].origin
    }

    /// The number of a protocol by its short name.
    pub fn find_protocol(&self, name: &str) -> Option<u16> {
        self.by_protocol.get(name).copied()
    }

    /// The declaration of a field.
    #[inline]
    pub fn field(&self, field: FieldRef) -> &Field {
        &self.protocol(field.protocol).fields[field.field as usize]
    }

    /// All fields of a name; the error says that there is none, and the nearest names.
    pub fn find_fields(&self, name: &str) -> Result<&[FieldRef], RegistryError> {
        self.by_field.get(name).map(Vec::as_slice).ok_or_else(|| {
            RegistryError(format!("unknown field {name}{}", nearest(name, self.by_field.keys().cloned())))
        })
    }

    /// The dispatch tables by name, without those that only name one dissector.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &BTreeMap<u64, Claimed>)> {
        self.tables.iter().filter(|(name, _)| !name.starts_with('@')).map(|(name, keys)| (name.as_str(), keys))
    }
}

/// `; did you mean a, b or c?`, or nothing where no name is near.
fn nearest(name: &str, names: impl Iterator<Item = String>) -> String {
    let mut near: Vec<(f64, String)> = names
        .map(|n| (strsim::jaro_winkler(name, &n).max(contains(name, &n)), n))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let near: Vec<String> = near.into_iter().take(3).map(|(_, n)| n).collect();
    match near.split_last() {
        None => String::new(),
        Some((last, [])) => format!("; did you mean {last}?"),
        Some((last, others)) => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

/// Someone who types `srcport` means `tcp.srcport`.
fn contains(name: &str, candidate: &str) -> f64 {
    if candidate.rsplit('.').next() == name.rsplit('.').next() { 0.85 } else { 0.0 }
}
