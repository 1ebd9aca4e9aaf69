//! A plugin under test: the host with what is linked in and this plugin, whatever the user's own `plugins.toml` says.

use crate::{KitError, Package};
use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, FaultReport, FieldRef, Registry};
use prosector_loader::{Config, Limits, Located, Plugin, Sandbox};
use prosector_sdk::dissector::Builtin;
use prosector_sdk::frame::{Batch, Extra, Frame, Interface};
use std::path::Path;
use std::sync::Arc;

/// The host, set up for a test.
pub(crate) struct Lab {
    pub registry: Arc<Registry>,
    /// The plugin's own protocols, by their numbers in the registry.
    pub own: Vec<u16>,
}

impl Lab {
    /// Sets up the host as `plugin.toml` says for a capture of this name.
    pub fn new(package: &Package, plugin: &Plugin, capture: &str) -> Result<Lab, KitError> {
        Lab::with(package.file.config(plugin.file(), capture), plugin)
    }

    /// The same with a configuration of one's own. Linked-in dissectors whose names the plugin has are left out.
    pub fn with(mut config: Config, plugin: &Plugin) -> Result<Lab, KitError> {
        give_way(&mut config, plugin);
        let registry = prosector_loader::load(&config, false)?.registry;
        let own = plugin.protocols().iter().filter_map(|protocol| registry.find_protocol(&protocol.name)).collect();
        Ok(Lab { registry: Arc::new(registry), own })
    }

    /// An engine that wants everything of the plugin.
    pub fn engine(&self) -> Result<Engine, KitError> {
        let mut demand = Demand::tree(&self.registry);
        for &protocol in &self.own {
            for field in 0..self.registry.protocol(protocol).fields.len() as u16 {
                demand.field(FieldRef { protocol, field });
            }
        }
        let mut engine = Engine::new(self.registry.clone(), demand).map_err(KitError::new)?;
        engine.explain_faults(true);
        Ok(engine)
    }

    /// What a fault says, without the frame.
    pub fn fault_text(&self, report: &FaultReport) -> String {
        let name = &self.registry.protocol(report.protocol).name;
        let reason = &report.fault.reason;
        match &*report.fault.backtrace {
            // A panic says itself where it was.
            trace if !trace.is_empty() && !reason.contains("panicked at") => {
                format!("{name} failed: {reason}; in {trace}")
            }
            _ => format!("{name} failed: {reason}"),
        }
    }
}

/// Leaves out linked-in dissectors whose names a plugin has.
pub(crate) fn give_way(config: &mut Config, plugin: &Plugin) {
    let linked_in = Builtin::all();
    let names = plugin.protocols().iter().filter(|own| linked_in.iter().any(|b| b.protocol.name == own.name));
    config.builtin_disabled.extend(names.map(|own| Located::new(own.name.to_string(), "plugin.toml")));
}

/// A sandbox's plugin without a limit on how often it may fail.
pub(crate) fn tolerant(limits: &Limits) -> Limits {
    Limits { faults: u32::MAX, ..limits.clone() }
}

/// Loads a plugin's file as tests do.
pub fn load(package: &Package, file: &Path) -> Result<Plugin, KitError> {
    Ok(Sandbox::new().load(file, &package.file.limits, package.file.wasi)?)
}

/// All frames of a capture.
#[derive(Default)]
pub(crate) struct Frames {
    pub data: Vec<u8>,
    pub frames: Vec<Frame>,
    pub interfaces: Vec<Interface>,
    pub extras: Vec<Extra>,
}

impl Frames {
    /// Reads a capture to its end, or to where it breaks off; then the second says why.
    pub fn read(path: &Path) -> Result<(Frames, Option<String>), KitError> {
        let mut reader = Reader::open(path).map_err(KitError::new)?;
        let mut all = Frames::default();
        loop {
            let batch = match reader.next_batch(256) {
                Ok(batch) if batch.frames.is_empty() => return Ok((all, None)),
                Ok(batch) => batch,
                Err(e) => return Ok((all, Some(e.to_string()))),
            };
            let (start, extra) = (all.data.len() as u32, all.extras.len() as u32);
            all.data.extend_from_slice(batch.data);
            all.frames.extend(batch.frames.iter().map(|frame| Frame {
                start: frame.start + start,
                extra: frame.extra.map(|e| e + extra),
                ..*frame
            }));
            all.extras.extend_from_slice(batch.extras);
            all.interfaces = batch.interfaces.to_vec();
        }
    }

    /// The frames in batches of up to so many.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = Batch<'_>> {
        self.frames.chunks(size).map(|frames| Batch {
            data: &self.data,
            frames,
            interfaces: &self.interfaces,
            extras: &self.extras,
        })
    }
}
