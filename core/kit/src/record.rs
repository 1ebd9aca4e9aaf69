//! The PDUs that a package's captures give its dissectors, as the host hands them over.

use crate::lab::Frames;
use crate::package::file_name;
use crate::{KitError, Package};
use prosector_engine::{Demand, Engine, Origin, Registry, Why};
use prosector_loader::Plugin;
use prosector_sdk::declare::{Protocol, Settings};
use prosector_sdk::dissector::{Builtin, Entry, Fault, Vector};
use prosector_sdk::pdu::{Sink, Slice, Want};
use std::sync::{Arc, Mutex, PoisonError};

/// Slices that the host hands over together.
pub(crate) const VECTOR: usize = 256;

/// PDUs of one dissector, as they came.
#[derive(Default)]
pub(crate) struct Recorded {
    pub bytes: Vec<u8>,
    pub slices: Vec<Slice>,
}

/// A dissector that records what it is given.
struct Recorder {
    inner: Box<dyn Vector>,
    dissector: usize,
    log: Arc<Mutex<Vec<Recorded>>>,
}

impl Vector for Recorder {
    fn configure(&mut self, settings: &Settings) -> Result<(), String> {
        self.inner.configure(settings)
    }

    fn run(
        &mut self,
        entry: Entry,
        buffer: &[u8],
        slices: &[Slice],
        want: &Want,
        sink: &mut Sink,
    ) -> Result<(), Fault> {
        if entry == Entry::Dissect {
            let recorded = &mut self.log.lock().unwrap_or_else(PoisonError::into_inner)[self.dissector];
            for slice in slices {
                let start = recorded.bytes.len() as u32;
                recorded.bytes.extend_from_slice(&buffer[slice.start as usize..][..slice.len as usize]);
                recorded.slices.push(Slice { start, ..*slice });
            }
        }
        self.inner.run(entry, buffer, slices, want, sink)
    }
}

/// What the captures give each dissector of a plugin, whatever else there is. Dissectors are in the order of the plugin's protocols.
pub(crate) fn record(package: &Package, plugin: &Plugin) -> Result<Vec<Recorded>, KitError> {
    let log: Arc<Mutex<Vec<Recorded>>> =
        Arc::new(Mutex::new(plugin.protocols().iter().map(|_| Recorded::default()).collect()));
    for capture in package.captures()? {
        let mut registry = Registry::new();
        let (own, kept) = (plugin.clone(), log.clone());
        let recorders = move || {
            let recorder =
                |(dissector, inner)| -> Box<dyn Vector> { Box::new(Recorder { inner, dissector, log: kept.clone() }) };
            Ok(own.instantiate().into_iter().enumerate().map(recorder).collect())
        };
        registry.add(plugin.protocols().to_vec(), Origin::Builtin, Box::new(recorders)).map_err(KitError::new)?;
        for builtin in Builtin::all() {
            if plugin.protocols().iter().all(|own| own.name != builtin.protocol.name) {
                registry.add_builtin(builtin).map_err(KitError::new)?;
            }
        }
        let config = package.file.config(plugin.file(), &file_name(&capture));
        for binding in config.decode_as.iter().map(|binding| &binding.value) {
            let bound = registry.bind(&binding.table, binding.key, &binding.dissector, Why::DecodeAs);
            bound.map_err(KitError::new)?;
        }
        let registry = Arc::new(registry);
        let mut engine = Engine::new(registry.clone(), Demand::tree(&registry)).map_err(KitError::new)?;
        let (frames, _) = Frames::read(&capture)?;
        for batch in frames.batches(VECTOR) {
            engine.dissect(&batch);
        }
    }
    Ok(std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// The settings that tests give a dissector.
pub(crate) fn settings(package: &Package, protocol: &Protocol) -> Settings {
    let mut settings = Settings::of(protocol);
    for setting in &package.file.test.settings {
        let (name, text) = &setting.value;
        let own = name.strip_prefix(&*protocol.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        let declared = protocol.settings.iter().find(|declared| declared.name == own);
        if let Some(value) = declared.and_then(|declared| declared.parse(text).ok()) {
            settings.0.retain(|(name, _)| name != own);
            settings.0.push((own.to_owned().into(), value));
        }
    }
    settings
}

/// One dissector of a plugin, in an instance of its own.
pub(crate) fn instance(plugin: &Plugin, dissector: usize, settings: &Settings) -> Result<Box<dyn Vector>, KitError> {
    let mut vector = plugin.instantiate().swap_remove(dissector);
    vector.configure(settings).map_err(KitError::new)?;
    Ok(vector)
}

/// Everything that a dissector may be asked for.
pub(crate) fn everything(protocol: &Protocol) -> Want {
    let mut want = Want { info: true, ..Want::nothing(protocol.fields.len()) };
    (0..protocol.fields.len() as u16).for_each(|field| want.insert(field));
    want
}
