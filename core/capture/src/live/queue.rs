//! A queue between two threads that is bounded by the memory of what is in it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    /// Most bytes that wait in it.
    limit: usize,
}

/// What was taken out of a queue.
pub(super) enum Taken<T> {
    Item(T),
    /// There was none in time.
    Nothing,
    /// There is none, and none will come.
    End,
}

struct State<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    /// Nothing more is put in.
    ended: bool,
    /// Nothing more is taken out.
    deserted: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(limit: usize) -> Queue<T> {
        let state = State { items: VecDeque::new(), bytes: 0, ended: false, deserted: false };
        Queue { state: Mutex::new(state), changed: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in that takes so many bytes, after waiting so long for room; or gives it back, for want of room or because nobody
    /// takes it out.
    pub(super) fn put(&self, item: T, bytes: usize, time: Duration) -> Result<(), T> {
        let full = |state: &State<T>| !state.items.is_empty() && state.bytes + bytes > self.limit && !state.deserted;
        let waited = self.changed.wait_timeout_while(self.lock(), time, |state| full(state));
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if full(&state) || state.deserted {
            return Err(item);
        }
        state.items.push_back((item, bytes));
        state.bytes += bytes;
        self.changed.notify_all();
        Ok(())
    }

    /// Takes the oldest out, after waiting for one; `None` when nothing more comes.
    pub(super) fn take(&self) -> Option<T> {
        loop {
            match self.take_within(Duration::from_secs(60)) {
                Taken::Item(item) => return Some(item),
                Taken::Nothing => {}
                Taken::End => return None,
            }
        }
    }

    /// Takes the oldest out, and waits so long for one.
    pub(super) fn take_within(&self, time: Duration) -> Taken<T> {
        let waiting = |state: &mut State<T>| state.items.is_empty() && !state.ended;
        let waited = self.changed.wait_timeout_while(self.lock(), time, waiting);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.items.pop_front() {
            Some((item, bytes)) => {
                state.bytes -= bytes;
                self.changed.notify_all();
                Taken::Item(item)
            }
            None if state.ended => Taken::End,
            None => Taken::Nothing,
        }
    }

    /// Whether something is there to be taken, or nothing more comes.
    pub(super) fn is_ready(&self) -> bool {
        let state = self.lock();
        !state.items.is_empty() || state.ended
    }

    /// Whether nothing more is taken out.
    pub(super) fn is_deserted(&self) -> bool {
        self.lock().deserted
    }

    /// Says that nothing more is put in.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Says that nothing more is taken out.
    pub(super) fn desert(&self) {
        let mut state = self.lock();
        state.deserted = true;
        state.items.clear();
        state.bytes = 0;
        self.changed.notify_all();
    }
}
