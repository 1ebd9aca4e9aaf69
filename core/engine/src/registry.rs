//! Which protocols there are, what their fields are called, and who owns which key of which dispatch table.

use crate::{expert, frame};
use prosector_sdk::declare::{Field, Protocol, Settings};
use prosector_sdk::dissector::{Builtin, Vector};
use prosector_sdk::pdu::Slice;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
    /// A plugin.
    Plugin(Arc<Plugin>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Engine => f.write_str("engine"),
            Origin::Builtin => f.write_str("built-in"),
            Origin::Plugin(plugin) => f.write_str(&plugin.file),
        }
    }
}

/// What is known of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its file, for people.
    pub file: String,
    /// After so many faults it is not called again.
    pub max_faults: u32,
    /// Nor after its faults have cost so much time.
    pub max_lost: Duration,
}

impl Default for Plugin {
    fn default() -> Self {
        Plugin {
            name: String::new(),
            version: String::new(),
            file: String::new(),
            max_faults: 5,
            max_lost: Duration::from_millis(1500),
        }
    }
}

impl fmt::Display for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.name, self.version, self.file)
    }
}

/// Makes the dissectors of one source for one worker, in the order of its protocols; the error is for people.
pub type Factory = Box<dyn Fn() -> Result<Vec<Box<dyn Vector>>, String> + Send + Sync>;

pub(crate) struct Registered {
    pub protocol: Protocol,
    pub origin: Origin,
    pub settings: Settings,
    /// Which of the sources makes its dissector, and at which place; none for what the engine does itself.
    pub source: Option<(usize, usize)>,
}

/// Why a key has its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The protocol declares it.
    Declared,
    /// `plugins.toml` claims it for the plugin.
    Configured,
    /// The user says that this key is to be decoded so.
    DecodeAs,
}

impl Why {
    /// As lists say it.
    pub fn name(self) -> &'static str {
        match self {
            Why::Declared => "declared",
            Why::Configured => "claims in plugins.toml",
            Why::DecodeAs => "decode as",
        }
    }
}

/// Who owns a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The protocol.
    pub protocol: u16,
    /// Which of its claims it was.
    pub claim: u16,
    /// Why.
    pub why: Why,
}

/// A protocol that claims a key which another one has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The table.
    pub table: String,
    /// The key.
    pub key: u64,
    /// The protocol that wanted it too.
    pub other: u16,
}

/// A dissector that could be used and isn't.
#[derive(Clone, Debug)]
pub struct Absent {
    /// Its declaration.
    pub protocol: Protocol,
    /// Where it comes from.
    pub origin: Origin,
    /// Why it isn't used.
    pub reason: String,
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
    /// Who is asked about what nobody claims, in which order, by table.
    pub(crate) heuristics: BTreeMap<String, Vec<u16>>,
    pub(crate) sources: Vec<Factory>,
    clashes: Vec<Clash>,
    absent: Vec<Absent>,
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}

impl Registry {
    /// Knows only what the engine says itself: `frame`, whose number is 0, and `_ws.expert`.
    pub fn new() -> Registry {
        let mut registry = Registry {
            protocols: Vec::new(),
            by_protocol: HashMap::new(),
            by_field: HashMap::new(),
            tables: BTreeMap::new(),
            heuristics: BTreeMap::new(),
            sources: Vec::new(),
            clashes: Vec::new(),
            absent: Vec::new(),
        };
        for protocol in [frame::PROTOCOL.clone(), expert::protocol()] {
            registry.insert(protocol, Origin::Engine, None).expect("the first protocols clash with none");
        }
        registry
    }

    /// Adds every linked-in dissector.
    pub fn add_builtins(&mut self) -> Result<(), RegistryError> {
        Builtin::all().into_iter().try_for_each(|builtin| self.add_builtin(builtin))
    }

    /// Adds a linked-in dissector.
    pub fn add_builtin(&mut self, builtin: &Builtin) -> Result<(), RegistryError> {
        let new = builtin.new;
        self.add(vec![builtin.protocol.clone()], Origin::Builtin, Box::new(move || Ok(vec![new()])))
    }

    /// Adds all protocols of one source. A key that has an owner stays with it, and the clash is noted.
    pub fn add(&mut self, protocols: Vec<Protocol>, origin: Origin, factory: Factory) -> Result<(), RegistryError> {
        let source = self.add_source(factory);
        let mut protocols = protocols.into_iter().enumerate();
        protocols.try_for_each(|(at, protocol)| self.add_protocol(protocol, origin.clone(), source, at))
    }

    /// Adds a source, whose protocols follow; the number is for them.
    pub fn add_source(&mut self, factory: Factory) -> usize {
        self.sources.push(factory);
        self.sources.len() - 1
    }

    /// Adds one protocol of a source, `at` that place among the dissectors that the source makes.
    pub fn add_protocol(
        &mut self,
        protocol: Protocol,
        origin: Origin,
        source: usize,
        at: usize,
    ) -> Result<(), RegistryError> {
        self.insert(protocol, origin, Some((source, at)))
    }

    /// Notes a dissector that is not used, for messages.
    pub fn add_absent(&mut self, protocol: Protocol, origin: Origin, reason: String) {
        self.absent.push(Absent { protocol, origin, reason });
    }

    /// Dissectors that are not used.
    pub fn absent(&self) -> &[Absent] {
        &self.absent
    }

    fn insert(
        &mut self,
        protocol: Protocol,
        origin: Origin,
        source: Option<(usize, usize)>,
    ) -> Result<(), RegistryError> {
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
        if source.is_some() {
            let own = Claimed { protocol: id, claim: Slice::NO_CLAIM, why: Why::Declared };
            self.tables.insert(format!("@{}", protocol.name), BTreeMap::from([(0, own)]));
        }
        for (claim, wanted) in protocol.claims.iter().enumerate() {
            let claimed = Claimed { protocol: id, claim: claim as u16, why: Why::Declared };
            self.claim(&wanted.table, wanted.key, claimed);
        }
        for table in protocol.heuristics.iter() {
            self.heuristics.entry(table.to_string()).or_default().push(id);
        }
        let settings = Settings::of(&protocol);
        self.protocols.push(Registered { protocol, origin, settings, source });
        Ok(())
    }

    /// Gives a key to a protocol, whoever has it now.
    pub fn bind(&mut self, table: &str, key: u64, protocol: &str, why: Why) -> Result<(), RegistryError> {
        let there = self.find_protocol(protocol).filter(|id| self.protocols[*id as usize].source.is_some());
        let Some(id) = there else { return Err(self.unknown_protocol(protocol)) };
        let known = |r: &Registered| r.protocol.tables.iter().any(|t| t == table);
        if table.starts_with('@') || !(self.tables.contains_key(table) || self.protocols.iter().any(known)) {
            let tables = self.protocols.iter().flat_map(|r| r.protocol.tables.iter().map(|t| t.to_string()));
            let tables = tables.chain(self.tables.keys().cloned()).filter(|t| !t.starts_with('@'));
            return Err(RegistryError(format!("there is no table {table}{}", nearest(table, tables))));
        }
        let claimed = Claimed { protocol: id, claim: claim_in(self.protocol(id), table), why };
        if let Some(before) = self.tables.entry(table.to_owned()).or_default().insert(key, claimed)
            && before.protocol != id
        {
            self.clashes.push(Clash { table: table.to_owned(), key, other: before.protocol });
        }
        Ok(())
    }

    /// There is no such protocol: why, and which are near.
    pub fn unknown_protocol(&self, name: &str) -> RegistryError {
        if let Some(absent) = self.absent.iter().find(|a| a.protocol.name == name) {
            return RegistryError(format!("{name} is not used: {}", absent.reason));
        }
        let names = self.protocols.iter().filter(|r| r.source.is_some()).map(|r| r.protocol.name.to_string());
        RegistryError(format!("no dissector is called {name}{}", nearest(name, names)))
    }

    fn claim(&mut self, table: &str, key: u64, claimed: Claimed) {
        let keys = self.tables.entry(table.to_owned()).or_default();
        match keys.get(&key) {
            None => {
                keys.insert(key, claimed);
            }
            Some(owner) if owner.protocol == claimed.protocol => {}
            Some(_) => self.clashes.push(Clash { table: table.to_owned(), key, other: claimed.protocol }),
        }
    }

    /// Keys that more than one protocol claims; who has them is in the tables.
    pub fn clashes(&self) -> &[Clash] {
        &self.clashes
    }

    /// Who has a key.
    pub fn owner(&self, table: &str, key: u64) -> Option<Claimed> {
        self.tables.get(table)?.get(&key).copied()
    }

    /// Who is asked about what nobody claims, by table.
    pub fn heuristics(&self) -> impl Iterator<Item = (&str, &[u16])> {
        self.heuristics.iter().map(|(table, ids)| (table.as_str(), ids.as_slice()))
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
        let value = setting
            .parse(value)
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

    /// All fields of a name, if there are any. To know the nearest names instead takes a look at every name there is, see
    /// [`Registry::find_fields`].
    pub fn fields_of(&self, name: &str) -> Option<&[FieldRef]> {
        self.by_field.get(name).map(Vec::as_slice)
    }

    /// All fields of a name; the error says that there is none, and the nearest names.
    pub fn find_fields(&self, name: &str) -> Result<&[FieldRef], RegistryError> {
        self.fields_of(name).ok_or_else(|| {
            let absent = self.absent.iter().find(|a| a.protocol.fields.iter().any(|f| f.name == name));
            RegistryError(match absent {
                Some(absent) => {
                    format!("unknown field {name}: {} is not used: {}", absent.protocol.name, absent.reason)
                }
                None => format!("unknown field {name}{}", nearest(name, self.by_field.keys().cloned())),
            })
        })
    }

    /// The dispatch tables by name, without those that only name one dissector.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &BTreeMap<u64, Claimed>)> {
        self.tables.iter().filter(|(name, _)| !name.starts_with('@')).map(|(name, keys)| (name.as_str(), keys))
    }
}

/// Which claim a protocol has in a table, so that it knows its way there although the key is not its own.
pub(crate) fn claim_in(protocol: &Protocol, table: &str) -> u16 {
    protocol.claims.iter().position(|c| c.table == table).map_or(Slice::NO_CLAIM, |at| at as u16)
}

/// `; did you mean a, b or c?`, or nothing where no name is near.
pub fn nearest(name: &str, names: impl Iterator<Item = String>) -> String {
    let lower = name.to_ascii_lowercase();
    let mut near: Vec<(f64, String)> = names
        .map(|n| (strsim::jaro_winkler(&lower, &n.to_ascii_lowercase()).max(contains(&lower, &n)), n))
        .filter(|(score, _)| *score > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
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
