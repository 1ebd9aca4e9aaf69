//! Several engines on one capture. Each takes whole batches through what needs no order at the same time as the others;
//! what needs order they do one after the other, and what is known of earlier frames goes from hand to hand. So the result is
//! that of one engine, whatever tunnels and flows there are.

use crate::walk::{Engine, SharedState};
use prosector_sdk::frame::{Batch, Extra, Frame, Interface};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ScopedJoinHandle};

/// Batches that a worker may have before it, beside the one that it works on.
const AHEAD: usize = 2;

/// A batch with bytes of its own.
#[derive(Clone, Debug, Default)]
pub struct OwnedBatch {
    data: Vec<u8>,
    frames: Vec<Frame>,
    interfaces: Vec<Interface>,
    extras: Vec<Extra>,
}

impl OwnedBatch {
    /// Copies a batch, and nothing that lies between or around its frames' first and last byte.
    pub fn copy(&mut self, batch: &Batch<'_>) {
        let start = batch.frames.iter().map(|f| f.start).min().unwrap_or(0);
        let end = batch.frames.iter().map(|f| f.start + f.len).max().unwrap_or(0);
        self.data.clear();
        self.data.extend_from_slice(&batch.data[start as usize..end as usize]);
        self.frames.clear();
        self.frames.extend(batch.frames.iter().map(|f| Frame { start: f.start - start, ..*f }));
        // There are never fewer.
        self.interfaces.extend_from_slice(&batch.interfaces[self.interfaces.len()..]);
        self.extras.clear();
        self.extras.extend_from_slice(batch.extras);
    }

    /// Its frames.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    fn view(&self) -> Batch<'_> {
        Batch { data: &self.data, frames: &self.frames, interfaces: &self.interfaces, extras: &self.extras }
    }
}

/// Whose turn it is to do what needs order, and what is known of earlier frames.
#[derive(Default)]
struct Turn {
    batch: u64,
    state: SharedState,
    /// A worker has panicked: the others are not to wait for it.
    broken: bool,
}

/// Does what needs order when its turn has come.
struct Turns {
    turn: Mutex<Turn>,
    changed: Condvar,
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, number: u64, engine: &mut Engine, batch: &Batch<'_>) {
        let ready = |turn: &mut Turn| turn.batch != number && !turn.broken;
        let mut turn = self.changed.wait_while(self.lock(), ready).unwrap_or_else(PoisonError::into_inner);
        engine.swap_state(&mut turn.state);
        engine.dissect_in_order(batch);
        engine.swap_state(&mut turn.state);
        turn.batch += 1;
        self.changed.notify_all();
    }
}

/// Wakes the others if this worker panics.
struct Alarm<'a>(&'a Turns);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().broken = true;
            self.0.changed.notify_all();
        }
    }
}

/// What came of reading a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Frames.
    Frames,
    /// None without waiting.
    NoneYet,
    /// There are no more.
    End,
}

/// Takes a capture through several engines of the same registry and demand, at least one, each with a context of its own.
///
/// `read` fills a batch with the next frames and says whether there are any; it is told whether it may wait for them, and else may say that
/// there are none yet. `work` makes something of each dissected batch,
/// on the workers; `done` gets that in the order of the capture and says whether to go on. The engines and contexts
/// come back, and what is known of the capture's frames is with the first engine.
pub fn run_workers<C: Send, R: Send, E>(
    mut workers: Vec<(Engine, C)>,
    mut read: impl FnMut(&mut OwnedBatch, bool) -> Result<Next, E>,
    work: impl Fn(&mut Engine, &mut C, &Batch<'_>) -> R + Sync,
    mut done: impl FnMut(R) -> Result<bool, E>,
) -> (Vec<(Engine, C)>, Result<(), E>) {
    let turns = Turns { turn: Mutex::default(), changed: Condvar::new() };
    if let Some((first, _)) = workers.first_mut() {
        first.swap_state(&mut turns.lock().state);
    }
    let (work, turns_of_all) = (&work, &turns);
    let (mut workers, outcome) = thread::scope(|scope| {
        let count = workers.len().max(1) as u64;
        let mut handles: Vec<ScopedJoinHandle<'_, (Engine, C)>> = Vec::new();
        let mut lines: Vec<Line<R>> = Vec::new();
        for (mut engine, mut context) in workers {
            let (to, jobs) = sync_channel::<(u64, OwnedBatch)>(AHEAD);
            let (results, from) = sync_channel(AHEAD + 1);
            lines.push((to, from));
            handles.push(scope.spawn(move || {
                let _alarm = Alarm(turns_of_all);
                for (number, owned) in jobs {
                    let batch = owned.view();
                    engine.dissect_unordered(&batch);
                    turns_of_all.take(number, &mut engine, &batch);
                    let result = work(&mut engine, &mut context, &batch);
                    if results.send((result, owned)).is_err() {
                        break;
                    }
                }
                (engine, context)
            }));
        }
        let outcome = feed(&lines, count, &mut read, &mut done);
        drop(lines);
        let join = |handle: ScopedJoinHandle<'_, (Engine, C)>| {
            handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        (handles.into_iter().map(join).collect::<Vec<_>>(), outcome)
    });
    if let Some((first, _)) = workers.first_mut() {
        first.swap_state(&mut turns.lock().state);
    }
    (workers, outcome)
}

type Line<R> = (SyncSender<(u64, OwnedBatch)>, Receiver<(R, OwnedBatch)>);

/// Gives batches to the workers in turn, and takes what they make of them in the same order. Stops early, without an error, if a
/// worker is gone: joining it tells why.
fn feed<R, E>(
    lines: &[Line<R>],
    count: u64,
    read: &mut impl FnMut(&mut OwnedBatch, bool) -> Result<Next, E>,
    done: &mut impl FnMut(R) -> Result<bool, E>,
) -> Result<(), E> {
    let mut spare: Vec<OwnedBatch> = Vec::new();
    let (mut sent, mut taken) = (0u64, 0u64);
    let mut ended = Ok(false);
    loop {
        while matches!(ended, Ok(false)) && sent - taken < count * AHEAD as u64 {
            let mut batch = spare.pop().unwrap_or_default();
            // What is done already does not wait for frames that may come late.
            match read(&mut batch, sent == taken) {
                Ok(Next::Frames) => {
                    if lines[(sent % count) as usize].0.send((sent, batch)).is_err() {
                        return Ok(());
                    }
                    sent += 1;
                }
                Ok(Next::NoneYet) => {
                    spare.push(batch);
                    break;
                }
                Ok(Next::End) => ended = Ok(true),
                Err(e) => ended = Err(e),
            }
        }
        if taken == sent {
            return ended.map(drop);
        }
        let Ok((result, batch)) = lines[(taken % count) as usize].1.recv() else { return Ok(()) };
        spare.push(batch);
        taken += 1;
        if !done(result)? {
            return Ok(());
        }
    }
}
